//! An address or a network, as in `10.0.0.0/8`.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether `peer` is in the range. An IPv4 address that comes mapped into IPv6 is the IPv4 address.
    pub fn contains(&self, peer: IpAddr) -> bool {
        match (self.address, peer.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(peer)) => prefix(own, self.bits) == prefix(peer, self.bits),
            (IpAddr::V6(own), IpAddr::V6(peer)) => {
                let shift = 128 - u32::from(self.bits);
                own.to_bits().checked_shr(shift) == peer.to_bits().checked_shr(shift)
            }
            _ => false,
        }
    }
}

fn prefix(address: Ipv4Addr, bits: u8) -> Option<u32> {
    address.to_bits().checked_shr(32 - u32::from(bits))
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not an address or a network like 10.0.0.0/8");
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(a, bits)| (a, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).map_err(|_| wrong())?;
        if bits > most {
            return Err(wrong());
        }
        Ok(Network { address, bits })
    }
}
