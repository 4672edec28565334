// A server whose application finds certificates by host: who causes calls, and visitors that wait for an answer.
#include <openssl/ssl.h>

#include <algorithm>
#include <asio/ssl.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "ferrotunnel/host_certificates.hpp"
#include "unit/api/end_to_end.hpp"
#include "unit/transport/made_certificates.hpp"

namespace ferrotunnel::test {
namespace {

using transport::test::certificate_pem;
using transport::test::key_pem;
using transport::test::make;

Credential certificate_named(const std::string& host, const std::string& name) {
    const transport::test::Made made = make({.alternative_names = "DNS:" + host, .common_name = name});
    return Credential::from_pem(certificate_pem(made), Secret::from_string(key_pem(made)));
}

/// The store of an application: answers at once, but keeps the answers for hosts that begin with "slow".
class HostStore {
public:
    CertificateHandler handler() {
        return [this](const std::string& host, CertificateAnswer answer) {
            const std::lock_guard lock(mutex_);
            calls_.push_back(host);
            if (host.starts_with("slow")) {
                kept_.emplace(host, std::move(answer));
            } else if (host.starts_with("none")) {
                answer.none();
            } else {
                answer.use(certificates_.try_emplace(host, certificate_named(host, host)).first->second);
            }
        };
    }
    std::size_t calls(const std::string& host) const {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count(calls_.begin(), calls_.end(), host));
    }
    std::size_t calls() const {
        const std::lock_guard lock(mutex_);
        return calls_.size();
    }
    Credential& certificate(const std::string& host) {
        const std::lock_guard lock(mutex_);
        return certificates_.at(host);
    }
    CertificateAnswer take(const std::string& host) {
        const std::lock_guard lock(mutex_);
        return kept_.extract(host).mapped();
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> calls_;
    std::map<std::string, Credential> certificates_;
    std::map<std::string, CertificateAnswer> kept_;
};

/// The name of the certificate that a visitor of this host gets; empty: the handshake fails.
std::string shown_at(const std::string& endpoint, const std::string& host) {
    asio::io_context io;
    asio::ssl::context context(asio::ssl::context::tls_client);
    asio::ssl::stream<tcp::socket> stream(io, context);
    SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
    std::error_code error;
    stream.next_layer().connect({asio::ip::make_address("127.0.0.1"),
                                 static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)))});
    stream.handshake(asio::ssl::stream_base::client, error);
    const X509* const peer = SSL_get0_peer_certificate(stream.native_handle());
    return !error && peer != nullptr ? transport::test::common_name_of(peer) : "";
}

struct ByHostRig {
    explicit ByHostRig(const HostCertificateTimes& times = {.timeout = 60s})
        : source(store.handler(), times), token(Secret::generate()) {
        https.by_host = source;
        https.handshakes_per_second = 0;
        Server::Builder builder = server_builder(token);
        builder.http_bind("127.0.0.1:0").https_bind("127.0.0.1:0").https(https);
        server = builder.build();
        server.start();
        client = client_builder(token, server.client_endpoint()).build();
        app = client.add(Http("app.example", "127.0.0.1:1", "app"));
        (void)client.add(Http("*.wild.example", "127.0.0.1:1", "wild"));
        client.start();
        REQUIRE_FALSE(client.wait_ready(patience));
    }
    std::string shown(const std::string& host) const { return shown_at(server.https_endpoint(), host); }

    HostStore store;
    HostCertificates source;
    Https https;
    Secret token;
    Server server;
    Client client;
    Service app;
};

}  // namespace

TEST_CASE("certificates are found for registered hosts, and for names below a pattern; for no other",
          "[by-host][threads]") {
    ByHostRig rig;
    REQUIRE(eventually([&] { return rig.app.endpoint().starts_with("https://app.example"); }));
    CHECK(rig.store.calls() == 1);  // when it was registered
    CHECK(rig.shown("app.example") == "app.example");
    CHECK(rig.shown("one.wild.example") == "one.wild.example");
    CHECK(rig.shown("one.wild.example") == "one.wild.example");
    CHECK(rig.store.calls("one.wild.example") == 1);
    CHECK(rig.shown("none.wild.example").empty());
    CHECK(rig.shown("none.wild.example").empty());
    CHECK(rig.store.calls("none.wild.example") == 1);
    const std::size_t before = rig.store.calls();
    for (int i = 0; i < 20; ++i) {
        CHECK(rig.shown("x" + std::to_string(i) + ".stranger.example").empty());
    }
    CHECK(rig.store.calls() == before);

    rig.store.certificate("app.example").replace(certificate_named("app.example", "renewed"));
    CHECK(rig.shown("app.example") == "renewed");
    rig.source.forget("app.example");
    CHECK(rig.shown("app.example") == "renewed");
    CHECK(rig.store.calls("app.example") == 2);
    rig.source.forget_all();
    CHECK(rig.shown("one.wild.example") == "one.wild.example");
    CHECK(rig.store.calls("one.wild.example") == 2);
}

TEST_CASE("visitors wait for a late answer, and others do not", "[by-host][threads]") {
    ByHostRig rig;
    std::vector<std::future<std::string>> waiting;
    for (int i = 0; i < 5; ++i) {
        waiting.push_back(std::async(std::launch::async, [&rig] { return rig.shown("slow.wild.example"); }));
    }
    REQUIRE(eventually([&] { return rig.store.calls("slow.wild.example") == 1; }));
    CHECK(rig.shown("app.example") == "app.example");
    CHECK(waiting.front().wait_for(0s) == std::future_status::timeout);
    rig.store.take("slow.wild.example").use(certificate_named("slow.wild.example", "late"));
    for (std::future<std::string>& one : waiting) {
        CHECK(one.get() == "late");
    }
    CHECK(rig.store.calls("slow.wild.example") == 1);
}

TEST_CASE("a visitor whose host gets no answer is rejected at the deadline", "[by-host][threads]") {
    ByHostRig rig({.timeout = 200ms});
    CHECK(rig.shown("slow.wild.example").empty());
    CHECK(rig.store.calls("slow.wild.example") == 1);
}

TEST_CASE("a server ends while visitors wait for an answer, which may come afterwards", "[by-host][threads]") {
    ByHostRig rig;
    std::future<std::string> waits = std::async(std::launch::async, [&rig] { return rig.shown("slow.wild.example"); });
    REQUIRE(eventually([&] { return rig.store.calls("slow.wild.example") == 1; }));
    rig.client.stop();
    SECTION("at once") {
        rig.server.stop();
    }
    SECTION("after a drain") {
        rig.server.stop(100ms);
    }
    SECTION("by its destructor") {
        rig.server = Server();
    }
    CHECK(waits.get().empty());
    rig.store.take("slow.wild.example").use(certificate_named("slow.wild.example", "late"));
}

TEST_CASE("a reload sets another source, or none", "[by-host][threads]") {
    ByHostRig rig;
    CHECK(rig.shown("app.example") == "app.example");
    HostStore other;
    const auto apply = [&rig](const HostCertificates& source) {
        Https https = rig.https;
        https.by_host = source;
        Server::Builder next = server_builder(rig.token);
        next.http_bind("127.0.0.1:0").https_bind("127.0.0.1:0").https(https);
        return rig.server.apply(std::move(next));
    };
    CHECK(apply(rig.source).applied.empty());
    REQUIRE(apply(HostCertificates(other.handler(), {.timeout = 60s})).ok());
    REQUIRE(eventually([&] { return other.calls("app.example") == 1; }));
    CHECK(rig.shown("app.example") == "app.example");
    CHECK(rig.store.calls("app.example") == 1);
    REQUIRE(apply({}).ok());
    CHECK(rig.shown("app.example").empty());
}

TEST_CASE("a server is not stopped within the handler", "[by-host][threads]") {
    std::promise<std::error_code> answered;
    Server server;
    std::atomic<bool> asks{true};
    Https https;
    https.by_host = HostCertificates([&](const std::string&, const CertificateAnswer&) {
        if (asks.exchange(false)) {
            answered.set_value(server.stop());
        }
    });
    const Secret token = Secret::generate();
    Server::Builder builder = server_builder(token);
    builder.http_bind("127.0.0.1:0").https_bind("127.0.0.1:0").https(https);
    server = builder.build();
    server.start();
    Client client = client_builder(token, server.client_endpoint()).build();
    (void)client.add(Http("app.example", "127.0.0.1:1", "app"));
    client.start();
    CHECK(answered.get_future().get() == errc::would_deadlock);
    client.stop();
}

TEST_CASE("a handler that a reload replaces cannot change the server while that waits for it", "[by-host][threads]") {
    HostStore other;
    std::promise<std::error_code> applied;
    std::promise<std::error_code> stopped;
    std::promise<void> called;
    std::atomic<bool> asks{true};
    Server server;
    const Secret token = Secret::generate();
    const auto settings = [&token](const HostCertificates& source) {
        Https https;
        https.by_host = source;
        https.handshakes_per_second = 0;
        Server::Builder builder = server_builder(token);
        builder.http_bind("127.0.0.1:0").https_bind("127.0.0.1:0").https(https);
        return builder;
    };
    const HostCertificates replaced([&](const std::string&, CertificateAnswer answer) {
        if (!asks.exchange(false)) {
            answer.none();
            return;
        }
        called.set_value();
        for (int i = 0; other.calls() == 0; ++i) {  // until visitors use the other source
            (void)shown_at(server.https_endpoint(), "n" + std::to_string(i) + ".wild.example");
        }
        try {
            (void)server.apply(settings({}));
            applied.set_value({});
        } catch (const std::system_error& problem) {
            applied.set_value(problem.code());
        }
        stopped.set_value(server.stop());
    });
    Server::Builder builder = settings(replaced);
    server = builder.build();
    server.start();
    Client client = client_builder(token, server.client_endpoint()).build();
    (void)client.add(Http("*.wild.example", "127.0.0.1:1", "wild"));
    (void)client.add(Http("app.example", "127.0.0.1:1", "app"));
    client.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    called.get_future().wait();
    REQUIRE(server.apply(settings(HostCertificates(other.handler(), {.timeout = 60s}))).ok());
    CHECK(applied.get_future().get() == errc::would_deadlock);
    CHECK(stopped.get_future().get() == errc::would_deadlock);
    client.stop();
}

}  // namespace ferrotunnel::test
