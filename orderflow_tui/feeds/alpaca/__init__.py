"""Alpaca's market data: IEX alone for nothing, the consolidated tape (SIP) for whoever pays. It sends no order."""
