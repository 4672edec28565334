#include "issuance/dns_query.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "issuance/limits.hpp"
#include "net/host_port.hpp"
#include "runtime/address.hpp"
#include "runtime/socket.hpp"
#include "runtime/system_random.hpp"

namespace ferrotunnel::issuance {
namespace {

constexpr std::uint16_t dns_port = 53;
constexpr std::size_t servers_max = 3;  // as many as the system's own resolver uses

std::vector<runtime::SocketAddress> system_servers() {
    std::vector<runtime::SocketAddress> servers;
    std::ifstream file("/etc/resolv.conf");
    for (std::string line; servers.size() < servers_max && std::getline(file, line);) {
        constexpr std::string_view word = "nameserver";
        if (!line.starts_with(word)) {
            continue;
        }
        const std::size_t start = line.find_first_not_of(" \t", word.size());
        if (start == word.size() || start == std::string::npos) {
            continue;
        }
        const std::string host = line.substr(start, line.find_first_of(" \t\r", start) - start);
        if (const auto address = runtime::SocketAddress::from_ip(net::HostPort{host, dns_port})) {
            servers.push_back(*address);
        }
    }
    if (servers.empty()) {
        servers.push_back(*runtime::SocketAddress::from_ip("127.0.0.1", dns_port));
    }
    return servers;
}

// What a server that cannot answer says, and what to do.
std::string text_of_code(std::uint8_t code) {
    constexpr std::uint8_t servfail = 2;
    constexpr std::uint8_t refused = 5;
    switch (code) {
        case servfail:
            return "answers SERVFAIL: the name servers of the domain do not respond, or its DNSSEC is not valid; mend "
                   "that where the domain's DNS is managed";
        case refused:
            return "answers REFUSED: it does not resolve names for this machine; use another DNS server";
        default:
            return "answers with the error code " + std::to_string(code);
    }
}

// A connected socket with a time limit. Only answers of its server arrive.
class DnsSocket {
public:
    DnsSocket(const runtime::SocketAddress& server, int type, TimePoint until)
        : socket_(::socket(server.family(), type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), until_(until) {
        is_open_ = socket_ && (::connect(socket_.get(), server.raw(), server.raw_size()) == 0 || errno == EINPROGRESS);
        error_ = is_open_ ? 0 : errno;
    }

    /// Why it does not work; 0: the time is over, or the server ended it.
    int error() const noexcept { return error_; }

    bool send(std::string_view bytes) noexcept {
        while (is_open_ && !bytes.empty() && wait_for(POLLOUT)) {
            const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno != EAGAIN && errno != EINTR) {
                error_ = errno;
                return false;
            }
            bytes.remove_prefix(sent > 0 ? static_cast<std::size_t>(sent) : 0);
        }
        return bytes.empty();
    }
    // At most what is asked for; 0 at the end, or when the time is over.
    std::size_t receive(MutableBytes into) noexcept {
        while (is_open_ && wait_for(POLLIN)) {
            const ssize_t got = ::recv(socket_.get(), into.data(), into.size(), 0);
            if (got >= 0) {
                return static_cast<std::size_t>(got);
            }
            if (errno != EAGAIN && errno != EINTR) {
                error_ = errno;
                return 0;
            }
        }
        return 0;
    }
    bool receive_all(MutableBytes into) noexcept {
        while (!into.empty()) {
            const std::size_t got = receive(into);
            if (got == 0) {
                return false;
            }
            into = into.subspan(got);
        }
        return true;
    }

private:
    bool wait_for(short events) noexcept {
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - Clock::now());
            pollfd wanted{socket_.get(), events, 0};
            const int ready = ::poll(&wanted, 1, std::max(0, static_cast<int>(left.count())));
            if (ready >= 0 || errno != EINTR) {
                return ready > 0;
            }
        }
    }

    const runtime::Fd socket_;
    const TimePoint until_;
    bool is_open_ = false;
    int error_ = 0;
};

DnsReply exchange_by_tcp(const runtime::SocketAddress& server, const std::string& query, DnsType type,
                         TimePoint until) {
    DnsSocket socket(server, SOCK_STREAM, until);
    std::string framed{static_cast<char>(query.size() >> 8U), static_cast<char>(query.size() & 0xFFU)};
    std::uint8_t size[2];
    if (!socket.send(framed + query) || !socket.receive_all(size)) {
        return {};
    }
    std::vector<std::uint8_t> answer(static_cast<std::size_t>(size[0] << 8 | size[1]));
    return socket.receive_all(answer) ? read_dns_reply(answer, query, type) : DnsReply{};
}

// `error`: of the socket, if there is no answer.
DnsReply exchange(const runtime::SocketAddress& server, const std::string& query, DnsType type, TimePoint until,
                  int& error) {
    DnsSocket socket(server, SOCK_DGRAM, until);
    std::vector<std::uint8_t> answer(limits::dns_answer_max);
    const bool is_sent = socket.send(query);
    for (;;) {
        const std::size_t size = is_sent ? socket.receive(answer) : 0;
        if (size == 0) {
            error = socket.error();
            return {};
        }
        DnsReply reply = read_dns_reply(Bytes(answer.data(), size), query, type);
        if (reply.kind == DnsReply::Kind::cut) {
            return exchange_by_tcp(server, query, type, until);
        }
        if (reply.kind != DnsReply::Kind::foreign) {
            return reply;
        }
    }
}

DnsAnswer query_servers(const std::vector<runtime::SocketAddress>& servers, const std::string& query, DnsType type,
                        Duration time) {
    constexpr int turns = 2;
    const Duration share = time / (turns * static_cast<int>(servers.size()));
    std::string silence;
    std::string refusal;  // says more than silence
    for (int turn = 0; turn < turns; ++turn) {
        for (const runtime::SocketAddress& server : servers) {
            int error = 0;
            DnsReply reply = exchange(server, query, type, Clock::now() + share, error);
            if (reply.kind == DnsReply::Kind::complete) {
                return {std::move(reply.values), {}};
            }
            const std::string who = "the DNS server at " + server.text() + ' ';
            if (reply.kind == DnsReply::Kind::failed) {
                refusal = who + text_of_code(reply.code);
            } else if (reply.kind != DnsReply::Kind::foreign) {
                refusal = who + "gives an answer that is not valid";
            } else {
                silence = who + (error == 0 ? "does not respond"
                                            : "cannot be reached: " + std::generic_category().message(error));
            }
        }
    }
    return {{}, refusal.empty() ? silence : refusal};
}

}  // namespace

DnsAnswer query_dns(const std::string& name, DnsType type, const std::string& server, Duration time) {
    const auto number = static_cast<std::uint16_t>(runtime::system_random().next());
    const std::string query = make_dns_query(name, type, number);
    if (query.empty()) {
        return {{}, "the name is too long for DNS"};
    }
    if (server.empty()) {
        DnsAnswer answer = query_servers(system_servers(), query, type, time);
        answer.error += answer.error.empty() ? "" : " (of /etc/resolv.conf)";
        return answer;
    }
    const auto place = net::parse_host_port(server, dns_port);
    const auto address = place ? runtime::SocketAddress::from_ip(*place) : std::nullopt;
    if (!address) {
        return {{}, "`acme.dns_server` \"" + server + "\" is not an IP address with a port"};
    }
    DnsAnswer answer = query_servers({*address}, query, type, time);
    answer.error += answer.error.empty() ? "" : " (of `acme.dns_server`)";
    return answer;
}

}  // namespace ferrotunnel::issuance
