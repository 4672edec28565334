// A DNS server for tests, on a thread of its own: it has these IPv4 addresses for every name.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/socket.hpp"

namespace ferrotunnel::test {

class DnsServer {
public:
    /// `is_silent`: it answers when answer_all() is called.
    explicit DnsServer(std::vector<std::string> addresses = {}, bool is_silent = false)
        : addresses_(std::move(addresses)), is_silent_(is_silent) {
        const auto at = *runtime::SocketAddress::from_ip("127.0.0.1", 0);
        REQUIRE(::bind(socket_.get(), at.raw(), at.raw_size()) == 0);
        thread_ = std::jthread([this](const std::stop_token& ending) { serve(ending); });
    }

    /// As DnsLookup::set_server() wants it.
    std::string place() const { return "127.0.0.1:" + std::to_string(runtime::local_address(socket_.get()).port()); }
    void answer_all() { is_silent_ = false; }

private:
    struct Query {
        std::string text;
        sockaddr_storage from{};
        socklen_t from_size = sizeof(sockaddr_storage);
    };

    void serve(const std::stop_token& ending) {
        std::vector<Query> queries;
        while (!ending.stop_requested()) {
            pollfd wanted{socket_.get(), POLLIN, 0};
            if (::poll(&wanted, 1, 10) == 1) {
                std::array<char, 2'048> room;
                Query query;
                const ssize_t got = ::recvfrom(socket_.get(), room.data(), room.size(), 0,
                                               reinterpret_cast<sockaddr*>(&query.from), &query.from_size);
                query.text.assign(room.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
                queries.push_back(std::move(query));
            }
            if (!is_silent_) {
                for (const Query& query : std::exchange(queries, {})) {
                    const std::string reply = reply_to(query.text);
                    (void)::sendto(socket_.get(), reply.data(), reply.size(), 0,
                                   reinterpret_cast<const sockaddr*>(&query.from), query.from_size);
                }
            }
        }
    }

    std::string reply_to(const std::string& query) const {
        constexpr std::size_t head_size = 12;
        constexpr std::size_t type_and_class = 4;
        std::size_t end = head_size;  // of the question
        while (end < query.size() && query[end] != '\0') {
            end += static_cast<std::size_t>(query[end]) + 1;
        }
        end += 1 + type_and_class;
        const bool is_for_addresses = end <= query.size() && query[end - 3] == '\1';
        const std::size_t count = is_for_addresses ? addresses_.size() : 0;
        std::string reply = query.substr(0, 2) + std::string("\x81\x80\0\1\0", 5) + static_cast<char>(count) +
                            std::string(4, '\0') + query.substr(head_size, end - head_size);
        for (std::size_t at = 0; at < count; ++at) {
            in_addr address{};
            (void)::inet_pton(AF_INET, addresses_[at].c_str(), &address);
            reply += std::string("\xC0\x0C\0\1\0\1\0\0\0\0\0\4", 12) +
                     std::string(reinterpret_cast<const char*>(&address), sizeof address);
        }
        return reply;
    }

    const std::vector<std::string> addresses_;
    std::atomic<bool> is_silent_;
    const runtime::Fd socket_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    std::jthread thread_;
};

}  // namespace ferrotunnel::test
