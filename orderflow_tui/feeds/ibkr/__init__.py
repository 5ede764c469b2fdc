"""Interactive Brokers: market data through a running TWS or IB Gateway. Only requests for data can be sent."""
