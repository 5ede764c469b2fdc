"""The simulated market behind the wire of TWS and IB Gateway."""
