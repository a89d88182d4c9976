fn main(){ print!("{}", waiaas_server::openapi_json()); }
