// What a lookup reports when the DNS server gives no answer.
#include "issuance/dns_query.hpp"

#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <thread>

#include "runtime/address.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::issuance {
namespace {

constexpr const char* nobody = "127.0.0.1:1";

// Answers each query with this code (RFC 1035, 4.1.1), until an empty datagram arrives.
class FailingNameServer {
public:
    explicit FailingNameServer(std::uint8_t code) : code_(code) {
        const auto any = runtime::SocketAddress::from_ip("127.0.0.1", 0);
        REQUIRE(::bind(socket_.get(), any->raw(), any->raw_size()) == 0);
        thread_ = std::thread([this] { run(); });
    }
    ~FailingNameServer() {
        const runtime::SocketAddress at = runtime::local_address(socket_.get());
        (void)::sendto(socket_.get(), nullptr, 0, 0, at.raw(), at.raw_size());
        thread_.join();
    }
    FailingNameServer(const FailingNameServer&) = delete;
    FailingNameServer& operator=(const FailingNameServer&) = delete;

    std::string text() const { return runtime::local_address(socket_.get()).text(); }

private:
    void run() {
        for (;;) {
            std::array<std::uint8_t, 1'024> message{};
            sockaddr_storage from{};
            socklen_t from_size = sizeof from;
            auto* const peer = reinterpret_cast<sockaddr*>(&from);
            const ssize_t size = ::recvfrom(socket_.get(), message.data(), message.size(), 0, peer, &from_size);
            if (size < 12) {
                return;
            }
            message[2] = 0x81;
            message[3] = static_cast<std::uint8_t>(0x80U | code_);
            (void)::sendto(socket_.get(), message.data(), static_cast<std::size_t>(size), 0, peer, from_size);
        }
    }

    const std::uint8_t code_;
    const runtime::Fd socket_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    std::thread thread_;
};

std::string error_with(std::uint8_t code) {
    const FailingNameServer server(code);
    const DnsAnswer answer = query_dns("a.example.test", DnsType::txt, server.text());
    CHECK(answer.values.empty());
    CHECK_THAT(answer.error, Catch::StartsWith("the DNS server at " + server.text() + " answers ") &&
                                 Catch::EndsWith("(of `acme.dns_server`)"));
    return answer.error;
}

TEST_CASE("the code of a DNS server that cannot answer is named, with what to do", "[issuance]") {
    CHECK_THAT(error_with(2), Catch::Contains("SERVFAIL") && Catch::Contains("DNSSEC"));
    CHECK_THAT(error_with(5), Catch::Contains("REFUSED") && Catch::Contains("use another DNS server"));
    CHECK_THAT(error_with(4), Catch::Contains("the error code 4"));
}

TEST_CASE("a DNS server that is not there is named with its setting and the reason", "[issuance]") {
    CHECK(query_dns("a.example.test", DnsType::a, nobody).error ==
          std::string("the DNS server at ") + nobody + " cannot be reached: Connection refused (of `acme.dns_server`)");
    CHECK_THAT(query_dns("a.example.test", DnsType::a, "ns.example.test:53").error,
               Catch::Contains("`acme.dns_server`") && Catch::Contains("is not an IP address"));
}

}  // namespace
}  // namespace ferrotunnel::issuance
