#include "runtime/datagram_socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "runtime/control_message.hpp"

namespace ferrotunnel::runtime {
namespace {

// Room for one control message with an address of this machine, and one with the length of segments, which is an int if
// they were joined, and a std::uint16_t if they have to be split.
constexpr std::size_t control_bytes = CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int));
static_assert(sizeof(in_pktinfo) <= sizeof(in6_pktinfo));
static_assert(buffer::slab_bytes > limits::datagram_payload_max);

struct alignas(cmsghdr) PacketControl {
    std::array<std::uint8_t, control_bytes> bytes;
};

void set_int(int fd, int level, int name, int value) noexcept {
    (void)::setsockopt(fd, level, name, &value, sizeof value);
}

Fd make_datagram_socket(int family, std::error_code& error) noexcept {
    error.clear();
    Fd fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
        error = {errno, std::system_category()};
        return fd;
    }
    set_int(fd.get(), SOL_SOCKET, SO_RCVBUF, limits::udp_socket_buffer);
    set_int(fd.get(), SOL_SOCKET, SO_SNDBUF, limits::udp_socket_buffer);
    set_int(fd.get(), SOL_UDP, UDP_GRO,
            1);  // a kernel before 5.0 does not support it, and delivers each datagram by itself
    return fd;
}

// The length of the datagrams that `message` was joined from; 0 if it is a single one.
std::size_t segment_of(msghdr& message) noexcept {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level == SOL_UDP && part->cmsg_type == UDP_GRO) {
            int bytes = 0;
            std::memcpy(&bytes, CMSG_DATA(part), sizeof bytes);
            return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
        }
    }
    return 0;
}

LocalEnd local_end_of(msghdr& message) noexcept {
    LocalEnd end;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            in_pktinfo info;
            std::memcpy(&info, CMSG_DATA(part), sizeof info);
            end.family = 4;
            std::memcpy(end.bytes.data(), &info.ipi_spec_dst, sizeof info.ipi_spec_dst);
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info;
            std::memcpy(&info, CMSG_DATA(part), sizeof info);
            end.family = 6;
            std::memcpy(end.bytes.data(), &info.ipi6_addr, sizeof info.ipi6_addr);
        }
    }
    return end;
}

void set_local_end(msghdr& message, PacketControl& control, const LocalEnd& from) noexcept {
    if (from.family == 4) {
        in_pktinfo info{};
        std::memcpy(&info.ipi_spec_dst, from.bytes.data(), sizeof info.ipi_spec_dst);
        append_control(message, control.bytes, IPPROTO_IP, IP_PKTINFO, info);
    } else if (from.family == 6) {
        in6_pktinfo info{};
        std::memcpy(&info.ipi6_addr, from.bytes.data(), sizeof info.ipi6_addr);
        append_control(message, control.bytes, IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
}

bool same(const SocketAddress& one, const SocketAddress& other) noexcept {
    return one.raw_size() == other.raw_size() && std::memcmp(one.raw(), other.raw(), one.raw_size()) == 0;
}

}  // namespace

Fd bind_datagrams(const SocketAddress& at, std::error_code& error) noexcept {
    Fd fd = make_datagram_socket(at.family(), error);
    if (!fd && error.value() == EAFNOSUPPORT && at.family() == AF_INET6 && at.is_unspecified()) {
        return bind_datagrams(*SocketAddress::from_ip("0.0.0.0", at.port()), error);  // a machine without IPv6
    }
    if (!fd) {
        return fd;
    }
    // All visitors share this socket. A network administrator is not bound by the limits for ordinary users.
    set_int(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, limits::udp_socket_buffer);
    set_int(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, limits::udp_socket_buffer);
    if (at.family() == AF_INET6) {
        set_int(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, at.is_unspecified() ? 0 : 1);
        set_int(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    } else {
        set_int(fd.get(), IPPROTO_IP, IP_PKTINFO, 1);
    }
    if (::bind(fd.get(), at.raw(), at.raw_size()) != 0) {
        error = {errno, std::system_category()};
        return {};
    }
    return fd;
}

Fd connect_datagrams(const SocketAddress& to, std::error_code& error) noexcept {
    Fd fd = make_datagram_socket(to.family(), error);
    if (fd && ::connect(fd.get(), to.raw(), to.raw_size()) != 0) {
        error = {errno, std::system_category()};
        return {};
    }
    return fd;
}

// The last reference to the old socket goes with this, so its address is free; a read that is under way returns first.
void free_datagram_address(int fd) noexcept {
    const Fd deaf(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (deaf) {
        (void)::dup3(deaf.get(), fd, O_CLOEXEC);
    }
}

// --- reading ---

IoResult DatagramReader::read(int fd) {
    messages_ = 0;
    std::array<mmsghdr, batch_max> messages;
    std::array<iovec, batch_max> pieces;
    std::array<sockaddr_in6, batch_max> addresses;
    std::array<PacketControl, batch_max> controls;
    for (std::size_t i = 0; i < batch_max; ++i) {
        if (!slabs_[i]) {
            slabs_[i] = pool_.acquire();
        }
        pieces[i] = {slabs_[i]->data(), slabs_[i]->capacity()};
        messages[i] = {};
        msghdr& message = messages[i].msg_hdr;
        message.msg_iov = &pieces[i];
        message.msg_iovlen = 1;
        message.msg_name = &addresses[i];
        message.msg_namelen = sizeof addresses[i];
        message.msg_control = controls[i].bytes.data();
        message.msg_controllen = control_bytes;
    }
    int got = 0;
    do {
        got = ::recvmmsg(fd, messages.data(), batch_max, 0, nullptr);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        const bool empty = errno == EAGAIN || errno == EWOULDBLOCK;
        return {0, empty ? IoStatus::would_block : IoStatus::error, {errno, std::system_category()}};
    }
    messages_ = static_cast<std::size_t>(got);
    std::size_t datagrams = 0;
    for (std::size_t i = 0; i < messages_; ++i) {
        msghdr& message = messages[i].msg_hdr;
        Joined& joined = joined_[i];
        joined.all.payload = Bytes(slabs_[i]->data(), messages[i].msg_len);
        joined.all.from = SocketAddress(reinterpret_cast<const sockaddr*>(&addresses[i]), message.msg_namelen);
        joined.all.to = local_end_of(message);
        const std::size_t bytes = joined.all.payload.size();
        const std::size_t segment = segment_of(message);
        const bool is_one = segment == 0 || segment >= bytes;
        joined.segment = is_one ? bytes : segment;
        joined.all.cut = (message.msg_flags & MSG_TRUNC) != 0 || (is_one && bytes > limits::datagram_payload_max);
        datagrams += is_one ? 1 : (bytes + segment - 1) / segment;
    }
    return {datagrams, IoStatus::ok, {}};
}

// --- writing ---

void DatagramWriter::add(buffer::Slice payload, const SocketAddress& to, const LocalEnd& from) noexcept {
    check(!is_full(), "there is room for one more datagram");
    Entry& entry = entries_[count_++];
    entry.payload = std::move(payload);
    entry.to = to;
    entry.from = from;
}

// The end of the entries from `begin` on that may be sent as one message: all as long as the first, except for a
// shorter last.
std::size_t DatagramWriter::group_end(std::size_t begin, bool segmenting) const noexcept {
    const Entry& first = entries_[begin];
    const std::size_t bytes = first.payload.size();
    std::size_t end = begin + 1;
    if (!segmenting || bytes == 0 || bytes > Segmenting::bytes_max) {
        return end;
    }
    const auto fits = [&first, bytes](const Entry& next) {
        return next.payload.size() <= bytes && !next.payload.empty() && same(next.to, first.to) &&
               next.from == first.from;
    };
    while (end < count_ && fits(entries_[end]) && entries_[end - 1].payload.size() == bytes) {
        ++end;
    }
    return end;
}

DatagramWriter::Result DatagramWriter::send(int fd, Segmenting& segmenting) noexcept {
    std::array<mmsghdr, batch_max> messages;
    std::array<iovec, batch_max> pieces;
    std::array<sockaddr_in6, batch_max> addresses;  // the larger of the two kinds
    std::array<PacketControl, batch_max> controls;
    std::array<std::size_t, batch_max> ends;
    std::size_t groups = 0;
    const auto prepare = [&](std::size_t begin) {
        for (groups = 0; begin < count_; ++groups) {
            const Entry& entry = entries_[begin];
            const std::size_t end = ends[groups] = group_end(begin, segmenting.is_on());
            messages[groups] = {};
            msghdr& message = messages[groups].msg_hdr;
            message.msg_iov = &pieces[begin];
            message.msg_iovlen = end - begin;
            if (!entry.to.empty()) {
                std::memcpy(&addresses[groups], entry.to.raw(), entry.to.raw_size());
                message.msg_name = &addresses[groups];
                message.msg_namelen = entry.to.raw_size();
            }
            set_local_end(message, controls[groups], entry.from);
            if (end - begin > 1) {
                const auto bytes = static_cast<std::uint16_t>(entry.payload.size());
                append_control(message, controls[groups].bytes, SOL_UDP, UDP_SEGMENT, bytes);
            }
            begin = end;
        }
    };
    for (std::size_t i = 0; i < count_; ++i) {
        Entry& entry = entries_[i];
        pieces[i] = {entry.payload.empty() ? nullptr : entry.payload.data(), entry.payload.size()};
    }
    prepare(0);
    Result result;
    std::size_t refused_at = count_;
    for (std::size_t done = 0, group = 0; group < groups;) {
        const int sent = ::sendmmsg(fd, &messages[group], static_cast<unsigned>(groups - group), 0);
        if (sent > 0) {
            group += static_cast<std::size_t>(sent);
            result.sent += static_cast<std::uint32_t>(ends[group - 1] - done);
            done = ends[group - 1];
        } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
            result.no_room += static_cast<std::uint32_t>(count_ - done);
            break;
        } else if (errno == ECONNREFUSED && std::exchange(refused_at, done) != done) {
            // A refusal concerns an earlier datagram, and this one is still to be sent. Any other error concerns this
            // one.
            result.error = {errno, std::system_category()};
            ++result.failed;
        } else if (errno != EINTR && ends[group] - done > 1) {
            segmenting.turn_off();
            prepare(done);
            group = 0;
        } else if (errno != EINTR) {
            result.error = {errno, std::system_category()};
            ++result.failed;
            done = ends[group++];
        }
    }
    for (std::size_t i = 0; i < count_; ++i) {
        entries_[i].payload = buffer::Slice();
    }
    count_ = 0;
    return result;
}

}  // namespace ferrotunnel::runtime
