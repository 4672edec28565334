// Visitors of a web service: GET, a new connection each time, read up to the promised length.
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "commands.hpp"
#include "requests.hpp"
#include "sockets.hpp"

namespace load {

namespace {

// The length that a head promises, after a check of its status.
std::uint64_t content_length(const std::string& head) {
    static const char name[] = "\r\nContent-Length:";
    if (head.compare(0, 12, "HTTP/1.1 200") != 0) {
        fail_plainly(("not a good answer: " + head.substr(0, head.find('\r'))).c_str());
    }
    for (std::size_t at = 0; (at = head.find("\r\n", at)) != std::string::npos; ++at) {
        if (::strncasecmp(head.c_str() + at, name, sizeof name - 1) == 0) {
            return std::strtoull(head.c_str() + at + sizeof name - 1, nullptr, 10);
        }
    }
    fail_plainly("an answer without a length");
}

std::uint64_t fetch(const sockaddr_in& address, const std::string& request, std::vector<char>& buffer) {
    int fd = connect_to(address);
    if (!write_all(fd, request.data(), request.size())) {
        fail("send");
    }
    std::string head;
    std::size_t end = std::string::npos;
    while (end == std::string::npos) {
        ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (n <= 0 || head.size() > 65536) {
            fail_plainly("no answer");
        }
        head.append(buffer.data(), static_cast<std::size_t>(n));
        end = head.find("\r\n\r\n");
    }
    std::uint64_t length = content_length(head);
    std::uint64_t got = head.size() - end - 4;
    while (got < length) {
        ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (n <= 0) {
            fail_plainly("a page was cut short");
        }
        got += static_cast<std::uint64_t>(n);
    }
    ::close(fd);
    return length;
}

}  // namespace

int http(const std::string& place, const std::string& path, double duration) {
    sockaddr_in address = address_of(place);
    std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    std::vector<char> buffer(buffer_bytes);
    std::vector<double> samples;
    std::uint64_t bytes = 0;
    Clock::time_point begin = Clock::now();
    do {
        Clock::time_point asked = Clock::now();
        bytes += fetch(address, request, buffer);
        samples.push_back(seconds_since(asked) * 1e6);
    } while (seconds_since(begin) < duration);
    double seconds = seconds_since(begin);
    std::sort(samples.begin(), samples.end());
    double last = static_cast<double>(samples.size() - 1);
    std::printf("%zu %.0f %.6f %.1f %.1f\n", samples.size(), static_cast<double>(bytes), seconds,
                samples[static_cast<std::size_t>(last * 0.5)], samples[static_cast<std::size_t>(last * 0.99)]);
    return 0;
}

}  // namespace load
