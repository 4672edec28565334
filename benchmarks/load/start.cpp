// How long a program takes from fork to its first use. The port is tried ten times a millisecond, which takes little of
// one core and leaves the other to the program.
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include "commands.hpp"
#include "requests.hpp"
#include "sockets.hpp"

namespace load {

namespace {

constexpr std::chrono::microseconds attempt_pause{100};
constexpr int answer_limit_ms = 250;

// A visitor that comes before the service is there may be let in and left waiting: it goes away and comes again.
bool answers(int fd) {
    Request request = echo_request();
    if (!write_all(fd, request.data(), request.size())) {
        return false;
    }
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, answer_limit_ms) == 1 && read_all(fd, request.data(), request.size());
}

bool works(const sockaddr_in& address, bool service) {
    int fd = try_connect(address);
    if (fd < 0) {
        return false;
    }
    bool good = !service || answers(fd);
    ::close(fd);
    return good;
}

pid_t launch(char** program) {
    pid_t child = ::fork();
    if (child < 0) {
        fail("fork");
    }
    if (child == 0) {
        ::dup2(2, 1);
        ::execvp(program[0], program);
        std::perror(program[0]);
        ::_exit(127);
    }
    return child;
}

void stop(pid_t child) {
    ::kill(child, SIGTERM);
    for (int i = 0; i < 1000; ++i) {
        if (::waitpid(child, nullptr, WNOHANG) == child) {
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

}  // namespace

int start(const std::string& until, const std::string& place, char** program) {
    sockaddr_in address = address_of(place);
    bool service = until == "service";
    Clock::time_point begin = Clock::now();
    pid_t child = launch(program);
    while (!works(address, service)) {
        if (::waitpid(child, nullptr, WNOHANG) == child) {
            fail_plainly("the program ended");
        }
        if (seconds_since(begin) > static_cast<double>(patience.count())) {
            stop(child);
            fail_plainly("the program does not come up");
        }
        std::this_thread::sleep_for(attempt_pause);
    }
    std::printf("%.2f\n", seconds_since(begin) * 1e3);
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    stop(child);
    return 0;
}

}  // namespace load
