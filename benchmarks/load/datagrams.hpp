// What a visitor's datagram asks of the backend, and batches of datagrams. The first byte decides: E comes back as it
// is; S is counted for its run, and every few of them, and each Q, are answered by A with what has come so far.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace load {

constexpr char echo_datagram = 'E';
constexpr char counted_datagram = 'S';
constexpr char question = 'Q';
constexpr char account = 'A';

// The head of each datagram: what it is, whose, and which one. And its size, since some tunnels cut
// datagrams: what is shorter does not count. In an answer: how many have come, and the last of them.
struct DatagramHead {
    char what;
    std::uint64_t run;
    std::uint64_t number;
    std::uint64_t size_or_count;
};
constexpr std::size_t datagram_head_bytes = 1 + 3 * sizeof(std::uint64_t);
// A batch of longer ones would not stay in a processor's cache.
constexpr std::size_t datagram_bytes_max = 16 * 1024;
// So many counted datagrams have one answer.
constexpr std::uint64_t answered_each = 8;

inline void put(char* to, const DatagramHead& head) {
    to[0] = head.what;
    std::memcpy(to + 1, &head.run, 8);
    std::memcpy(to + 9, &head.number, 8);
    std::memcpy(to + 17, &head.size_or_count, 8);
}

inline DatagramHead head_at(const char* from) {
    DatagramHead head{from[0], 0, 0, 0};
    std::memcpy(&head.run, from + 1, 8);
    std::memcpy(&head.number, from + 9, 8);
    std::memcpy(&head.size_or_count, from + 17, 8);
    return head;
}

// Up to 64 datagrams that one system call receives or sends, each with a buffer and an address of its own.
class DatagramBatch {
public:
    static constexpr std::size_t most = 64;

    // `bytes`: of the longest datagram.
    explicit DatagramBatch(std::size_t bytes);
    // How many came; 0: none is there.
    std::size_t receive(int fd);
    // How many of those from `begin` to `end` went out before the socket was full.
    std::size_t send(int fd, std::size_t begin, std::size_t end);
    // The first `count`, all of one size, as one message that the kernel cuts (UDP_SEGMENT). How many went out.
    std::size_t send_joined(int fd, std::size_t count);

    char* data(std::size_t i) { return &memory_[i * bytes_]; }
    std::size_t size(std::size_t i) const { return pieces_[i].iov_len; }
    void set_size(std::size_t i, std::size_t bytes) { pieces_[i].iov_len = bytes; }
    // Sends the datagram to where `other`'s came from.
    void set_to(std::size_t i, const DatagramBatch& other, std::size_t from);

private:
    std::size_t bytes_;
    std::vector<char> memory_;
    std::array<sockaddr_in, most> addresses_{};
    std::array<iovec, most> pieces_{};
    std::array<mmsghdr, most> messages_{};
};

// A UDP socket that does not wait, bound if `bound`, connected otherwise, with as much buffer as the kernel gives.
int datagram_socket(const sockaddr_in& address, bool bound);

// Answers datagrams at `place` until the process ends.
[[noreturn]] void serve_datagrams(int fd);

}  // namespace load
