// A download that never ends, beside which something else is measured.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

#include "requests.hpp"
#include "sockets.hpp"

namespace load {

// A download on a thread of its own, which the kernel schedules beside the exchanges as it would another process.
class Download {
public:
    explicit Download(const sockaddr_in& address) : fd_(connect_to(address)) {
        Header header = header_of(download, std::numeric_limits<std::uint64_t>::max());
        if (!write_all(fd_, header.data(), header.size())) {
            fail("send");
        }
        thread_ = std::thread([this] {
            std::vector<char> buffer(buffer_bytes);
            ssize_t n = 0;
            while ((n = ::recv(fd_, buffer.data(), buffer.size(), 0)) > 0) {
                received_.fetch_add(static_cast<std::uint64_t>(n), std::memory_order_relaxed);
            }
        });
    }

    ~Download() {
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        ::close(fd_);
    }

    std::uint64_t received() const { return received_.load(std::memory_order_relaxed); }

    // Waits for the first megabytes, so that the exchanges meet the download at its full speed.
    void wait_until_running() const {
        Clock::time_point begin = Clock::now();
        while (received() < 32'000'000) {
            if (seconds_since(begin) > static_cast<double>(patience.count())) {
                fail_plainly("the transfer beside the exchanges does not run");
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

private:
    int fd_;
    std::atomic<std::uint64_t> received_{0};
    std::thread thread_;
};

}  // namespace load
