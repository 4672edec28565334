// What a TUN device with offloads hands over: one IPv4 packet, or one TCP "super-packet" of up to 64 KiB that stands
// for a train of ordinary segments. The real link would carry, queue and lose those segments one by one, so a train can
// be counted and cut by segments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace e2e {

class PacketTrain {
public:
    /// `bytes` as read from a device with IFF_VNET_HDR: a virtio_net_hdr and the packet. They must outlive this.
    explicit PacketTrain(std::span<const std::uint8_t> bytes);

    std::size_t segments() const { return segments_; }
    /// What the link carries for this segment: an IP packet.
    std::size_t bytes_of(std::size_t segment) const;
    /// `count` segments from `first` on, to be written to the other device.
    std::vector<std::uint8_t> cut(std::size_t first, std::size_t count) const;

private:
    std::span<const std::uint8_t> bytes_;
    std::size_t headers_ = 0;  // of IP and TCP, each segment has them
    std::size_t payload_ = 0;
    std::size_t segment_payload_ = 0;
    std::size_t segments_ = 1;
};

}  // namespace e2e
