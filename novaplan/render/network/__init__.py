"""How pods are reached: Services, old names, Ingresses, and the policies that let through what the topology says."""
