#include "corpus.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <thread>
#include <utility>
#include <vector>

namespace e2e {
namespace {

constexpr std::size_t shown_max = 20;

/// Lines of `head` whose names are not among `names`.
template <std::size_t N>
std::string without(std::string_view head, const std::array<std::string_view, N>& names) {
    std::string left;
    while (!head.empty()) {
        const std::size_t end = std::min(head.find("\r\n"), head.size() - 2) + 2;
        const std::string name = lower(head.substr(0, std::min(head.find(':'), end)));
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            left += head.substr(0, end);
        }
        head.remove_prefix(end);
    }
    return left;
}

Socket connect_from(const Address& to, const std::string& from) {
    Socket socket = try_connect(to, from);
    if (!socket.is_open()) {
        die_errno("connect from " + from);
    }
    return socket;
}

}  // namespace

void Problems::add(const std::string& where, const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (++count_ <= shown_max) {
        std::printf("WRONG %s: %s\n", where.c_str(), what.c_str());
        std::fflush(stdout);
    }
}

std::size_t Problems::count() const {
    const std::lock_guard lock(mutex_);
    return count_;
}

std::string address_of(int client, int number) {
    return "127." + std::to_string(10 + client) + "." + std::to_string(number / 250) + "." +
           std::to_string(1 + number % 250);
}

Visit::Visit(const CorpusRun& run, int client, int number)
    : address_(address_of(client, number)),
      socket_(connect_from(run.edge, address_)),
      stream_(socket_),
      http_(stream_) {}

bool Visit::send(std::string_view bytes, std::size_t cut) {
    if (cut > 0 && cut < bytes.size()) {
        if (!send_all(socket_, bytes.substr(0, cut))) {
            return false;
        }
        bytes.remove_prefix(cut);
        sleep_ms(1);  // so that it is likely to be read in two pieces
    }
    return send_all(socket_, bytes);
}

void Visit::finish() {
    (void)::shutdown(socket_.get(), SHUT_WR);
}

Reading Visit::response(StrictMessage& message, std::string_view method) {
    Reading reading = Reading::none;
    do {
        reading = http_.head_of_response(message);
    } while (reading == Reading::complete && message.status() < 200 && message.status() != 101);
    return reading == Reading::complete ? http_.body_of_response(message, method) : reading;
}

bool Visit::nothing_more() {
    while (stream_.is_empty() && stream_.more()) {
    }
    return stream_.is_empty() && stream_.ending() != Ending::timeout;
}

std::string without_forwarding(std::string_view head) {
    constexpr std::array<std::string_view, 6> names = {"x-forwarded-for",  "x-forwarded-proto", "x-forwarded-host",
                                                       "x-forwarded-port", "x-real-ip",         "x-request-id"};
    return without(head, names);
}

std::string without_additions(std::string_view head) {
    constexpr std::array<std::string_view, 2> names = {"x-request-id", "date"};
    return without(head, names);
}

std::string forged(const StrictMessage& request, const std::string& address) {
    const std::pair<const char*, std::string> wanted[] = {{"x-forwarded-for", address},
                                                          {"x-real-ip", address},
                                                          {"x-forwarded-proto", "http"},
                                                          {"x-forwarded-host", request.value("host")}};
    for (const auto& [name, value] : wanted) {
        if (request.count(name) != 1 || request.value(name) != value) {
            return std::string(name) + " is " + request.value(name) + " instead of " + value;
        }
    }
    return request.count("x-request-id") == 1 ? "" : "not one X-Request-Id";
}

void run_clients(int count, const std::function<void(int client)>& run) {
    std::vector<std::thread> threads;
    for (int client = 0; client < count; ++client) {
        threads.emplace_back([client, &run] { run(client); });
    }
    for (std::thread& each : threads) {
        each.join();
    }
}

}  // namespace e2e
