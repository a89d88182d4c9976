"""A caller of the generated client. It is type-checked, never run.

It fails the check when a path, a parameter, a request field or an answer that a caller relies on changes its type.
"""

from waiaas_client.api.transactions import get_transaction, send_transaction
from waiaas_client.client import AuthenticatedClient
from waiaas_client.models.problem import Problem
from waiaas_client.models.send_transaction_wait import SendTransactionWait
from waiaas_client.models.transaction import Transaction
from waiaas_client.models.transaction_status import TransactionStatus
from waiaas_client.models.transfer_request import TransferRequest
from waiaas_client.models.transfer_request_type import TransferRequestType

TERMINAL = frozenset(
    {
        TransactionStatus.DENIED,
        TransactionStatus.CONFIRMED,
        TransactionStatus.FAILED,
        TransactionStatus.CANCELLED,
        TransactionStatus.EXPIRED,
    }
)


class RequestFailed(Exception):
    """The daemon answered with an error."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.message}")
        self.problem = problem


def pay(token: str, to: str, amount: str) -> Transaction:
    """Sends a payment and follows it until its status no longer changes."""
    client = AuthenticatedClient(base_url="http://127.0.0.1:3100", token=token)
    sent = send_transaction.sync(
        client=client,
        body=TransferRequest(type_=TransferRequestType.TRANSFER, to=to, amount=amount),
        wait=SendTransactionWait.CONFIRMED,
        timeout=60,
        idempotency_key="invoice-17",
    )
    if isinstance(sent, Problem):
        raise RequestFailed(sent)
    if not isinstance(sent, Transaction):
        raise TypeError("the daemon answered a dry run, or not at all")
    transaction = sent
    while transaction.status not in TERMINAL:
        seen = get_transaction.sync(transaction.id, client=client)
        if isinstance(seen, Problem):
            raise RequestFailed(seen)
        if seen is None:
            raise TypeError("the daemon did not answer")
        transaction = seen
    return transaction
