package outbound

import "net/netip"

// public reports whether an address is reachable from everywhere and belongs to somebody: the
// registries of special-purpose addresses (RFC 6890 and its successors), and 168.63.129.16, which
// is public by its number and answers virtual machines with what belongs to them.
func public(address netip.Addr) bool {
	if address.Zone() != "" {
		return false
	}
	address = address.Unmap()
	if translated := netip.MustParsePrefix("64:ff9b::/96"); translated.Contains(address) {
		bytes := address.As16()
		address = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	if !address.IsValid() || address.Is6() && !netip.MustParsePrefix("2000::/3").Contains(address) {
		return false
	}
	for _, prefix := range special() {
		if netip.MustParsePrefix(prefix).Contains(address) {
			return false
		}
	}
	return true
}

// special lists what is not public. Of IPv6 only 2000::/3 is in use at all; that leaves out
// loopback, link-local, unique-local, multicast, mapped and compatible addresses.
func special() [20]string {
	return [...]string{
		"0.0.0.0/8",        // this network
		"10.0.0.0/8",       // private
		"100.64.0.0/10",    // shared by customers of a provider
		"127.0.0.0/8",      // loopback
		"168.63.129.16/32", // host of a virtual machine
		"169.254.0.0/16",   // link-local, metadata of virtual machines
		"172.16.0.0/12",    // private
		"192.0.0.0/24",     // protocol assignments
		"192.0.2.0/24",     // documentation
		"192.88.99.0/24",   // 6to4 relays
		"192.168.0.0/16",   // private
		"198.18.0.0/15",    // benchmarks
		"198.51.100.0/24",  // documentation
		"203.0.113.0/24",   // documentation
		"224.0.0.0/4",      // multicast
		"240.0.0.0/4",      // reserved, broadcast
		"2001::/23",        // protocol assignments: Teredo, ORCHID, benchmarks
		"2001:db8::/32",    // documentation
		"2002::/16",        // 6to4: an IPv4 address of any kind
		"3fff::/20",        // documentation
	}
}
