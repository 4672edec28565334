// Ports that a test may give up and bind again.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>

namespace ferrotunnel::test {

/// A block of ports that no other test has as long as this process runs, those of tests/e2e included: lib.sh takes its
/// blocks by the same locks. They are outside of the range from which the system takes ports by itself.
class PortBlock {
public:
    static constexpr int blocks = 100;
    static constexpr int ports = 200;
    static constexpr int first_port = 10'000;

    PortBlock() {
        const char* folder = std::getenv("TMPDIR");
        const std::filesystem::path locks = std::filesystem::path(folder != nullptr ? folder : "/tmp") /
                                            ("ferrotunnel-e2e-ports." + std::to_string(::getuid()));
        std::filesystem::create_directories(locks);
        const auto begin = static_cast<int>(std::random_device()() % blocks);
        for (int i = 0; i < blocks; ++i) {
            const int block = (begin + i) % blocks;
            lock_ = ::open((locks / std::to_string(block)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
            if (lock_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) == 0) {
                next_ = first_port + block * ports;
                end_ = next_ + ports;
                return;
            }
            (void)::close(lock_);
        }
        throw std::runtime_error("no free block of ports");
    }
    ~PortBlock() { (void)::close(lock_); }
    PortBlock(const PortBlock&) = delete;
    PortBlock& operator=(const PortBlock&) = delete;

    /// "10000-10199"
    std::string range() const { return std::to_string(end_ - ports) + '-' + std::to_string(end_ - 1); }

    /// One that is free, and was not given before.
    std::uint16_t take() {
        asio::io_context io;
        while (next_ < end_) {
            const auto port = static_cast<std::uint16_t>(next_++);
            asio::ip::tcp::acceptor acceptor(io, asio::ip::tcp::v4());
            asio::error_code taken;
            acceptor.bind({asio::ip::make_address("127.0.0.1"), port}, taken);
            if (!taken) {
                return port;
            }
        }
        throw std::runtime_error("no free port");
    }

private:
    int lock_ = -1;
    int next_ = 0;
    int end_ = 0;
};

/// This process's.
inline PortBlock& port_block() {
    static PortBlock block;
    return block;
}

/// A free port that can be had again after it was given up. One thread at a time.
inline std::uint16_t lasting_port() {
    return port_block().take();
}

inline std::string lasting_address() {
    return "127.0.0.1:" + std::to_string(lasting_port());
}

}  // namespace ferrotunnel::test
