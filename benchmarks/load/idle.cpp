// Visitors that stay: each is used once, and then held open while others look at what it costs.
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "commands.hpp"
#include "requests.hpp"
#include "sockets.hpp"

namespace load {

namespace {

// A tunnel that has run out of something answers late or never; it is not waited for as long as a slow transfer.
constexpr timeval answer_limit{5, 0};
constexpr double level_seconds = 120;
// A visitor that is rejected tries again for a while: some tunnels let in only so many a second.
constexpr double insistence_seconds = 8;
constexpr std::chrono::milliseconds retry_pause{10};

bool open_one(const sockaddr_in& address) {
    int fd = try_connect(address);
    if (fd < 0) {
        std::perror("connect");
        return false;
    }
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &answer_limit, sizeof answer_limit);
    Request request = echo_request();
    if (!write_all(fd, request.data(), request.size()) || !read_all(fd, request.data(), request.size())) {
        std::perror("a visitor was not answered");
        ::close(fd);
        return false;
    }
    return true;
}

bool open_one_insisting(const sockaddr_in& address) {
    Clock::time_point begin = Clock::now();
    while (!open_one(address)) {
        if (seconds_since(begin) > insistence_seconds) {
            return false;
        }
        std::this_thread::sleep_for(retry_pause);
    }
    return true;
}

void wait_for_line() {
    int c = 0;
    while ((c = std::getchar()) != '\n' && c != EOF) {
    }
}

}  // namespace

int idle(const std::string& place, const std::vector<std::size_t>& levels) {
    sockaddr_in address = address_of(place);
    std::size_t held = 0;
    for (std::size_t level : levels) {
        Clock::time_point begin = Clock::now();
        while (held < level) {
            if (seconds_since(begin) > level_seconds || !open_one_insisting(address)) {
                std::printf("stuck %zu\n", held);
                return 1;
            }
            ++held;
        }
        std::printf("ready %zu\n", held);
        std::fflush(stdout);
        wait_for_line();
    }
    return 0;
}

}  // namespace load
