"""What leaves this process: requests, proxies, child programs."""
