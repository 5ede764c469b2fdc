"""Alpaca's market data: IEX alone for free, the consolidated tape (SIP) with a paid plan. It sends no order."""
