#include "packet_train.hpp"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cstring>

namespace e2e {
namespace {

// virtio_net_hdr of <linux/virtio_net.h>, which is no C++.
struct VirtioHeader {
    std::uint8_t flags;
    std::uint8_t gso_type;
    std::uint16_t header_bytes;
    std::uint16_t gso_size;
    std::uint16_t checksum_start;
    std::uint16_t checksum_offset;
};
static_assert(sizeof(VirtioHeader) == 10);
constexpr std::uint8_t gso_none = 0;
constexpr std::uint8_t gso_tcp_v4 = 1;

constexpr std::size_t frame_bytes = sizeof(VirtioHeader);

template <typename Header>
Header read_at(const std::uint8_t* from) {
    Header header;
    std::memcpy(&header, from, sizeof header);
    return header;
}

// RFC 1071, over 16-bit words in network order as they lie in memory.
std::uint32_t sum_of(const void* data, std::size_t size, std::uint32_t sum = 0) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    for (std::size_t i = 0; i + 1 < size; i += 2) {
        sum += static_cast<std::uint32_t>(read_at<std::uint16_t>(bytes + i));
    }
    return sum;
}

std::uint16_t fold(std::uint32_t sum) {
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return static_cast<std::uint16_t>(sum);
}

void fix_ip(iphdr& ip, std::size_t length, std::size_t first) {
    ip.tot_len = htons(static_cast<std::uint16_t>(length));
    ip.id = htons(static_cast<std::uint16_t>(ntohs(ip.id) + first));
    ip.check = 0;
    ip.check = static_cast<std::uint16_t>(~fold(sum_of(&ip, sizeof ip)));
}

// Leaves the sum of the pseudo header in the checksum: the device is told that the checksum is only begun.
void fix_tcp(tcphdr& tcp, const iphdr& ip, std::size_t length, std::size_t offset, bool begins, bool ends) {
    tcp.seq = htonl(static_cast<std::uint32_t>(ntohl(tcp.seq) + offset));
    if (!begins) {
        tcp.res2 = tcp.res2 & 1U;  // without CWR, which only the first segment has
    }
    if (!ends) {
        tcp.fin = 0;
        tcp.psh = 0;
    }
    std::uint32_t sum = sum_of(&ip.saddr, sizeof ip.saddr);
    sum = sum_of(&ip.daddr, sizeof ip.daddr, sum);
    tcp.check = fold(sum + htons(IPPROTO_TCP) + htons(static_cast<std::uint16_t>(length)));
}

}  // namespace

PacketTrain::PacketTrain(std::span<const std::uint8_t> bytes)
    : bytes_(bytes), payload_(bytes.size() - std::min(bytes.size(), frame_bytes)), segment_payload_(payload_) {
    if (bytes.size() < frame_bytes + sizeof(iphdr) + sizeof(tcphdr)) {
        return;
    }
    const auto frame = read_at<VirtioHeader>(bytes.data());
    const auto ip = read_at<iphdr>(bytes.data() + frame_bytes);
    const std::size_t tcp_at = frame_bytes + ip.ihl * 4U;
    if (frame.gso_type != gso_tcp_v4 || ip.ihl != 5 || frame.gso_size == 0) {
        return;
    }
    headers_ = ip.ihl * 4U + read_at<tcphdr>(bytes.data() + tcp_at).doff * 4U;
    payload_ = bytes.size() - frame_bytes - headers_;
    segment_payload_ = frame.gso_size;
    segments_ = std::max<std::size_t>((payload_ + segment_payload_ - 1) / segment_payload_, 1);
}

std::size_t PacketTrain::bytes_of(std::size_t segment) const {
    return headers_ + std::min(segment_payload_, payload_ - segment * segment_payload_);
}

std::vector<std::uint8_t> PacketTrain::cut(std::size_t first, std::size_t count) const {
    if (count == segments_) {
        return {bytes_.begin(), bytes_.end()};
    }
    const std::size_t offset = first * segment_payload_;
    const std::size_t payload = std::min(count * segment_payload_, payload_ - offset);
    std::vector<std::uint8_t> out(frame_bytes + headers_ + payload);
    std::copy_n(bytes_.begin(), frame_bytes + headers_, out.begin());
    std::memcpy(out.data() + frame_bytes + headers_, bytes_.data() + frame_bytes + headers_ + offset, payload);

    auto ip = read_at<iphdr>(out.data() + frame_bytes);
    auto tcp = read_at<tcphdr>(out.data() + frame_bytes + sizeof ip);
    fix_ip(ip, headers_ + payload, first);
    fix_tcp(tcp, ip, headers_ + payload - sizeof ip, offset, first == 0, first + count == segments_);
    std::memcpy(out.data() + frame_bytes, &ip, sizeof ip);
    std::memcpy(out.data() + frame_bytes + sizeof ip, &tcp, sizeof tcp);
    if (count == 1) {
        auto frame = read_at<VirtioHeader>(out.data());
        frame.gso_type = gso_none;
        frame.gso_size = 0;
        std::memcpy(out.data(), &frame, sizeof frame);
    }
    return out;
}

}  // namespace e2e
