// TLS at the edge, proxies in front of it, and what visitors without TLS get; certificates are for the tests of
// transport/.
#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "transport/visitor_tls.hpp"
#include "unit/ingress/edge_rig.hpp"
#include "unit/transport/visitor_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;
using transport::test::VisitorClient;
using transport::test::VisitorWish;

namespace {

constexpr std::string_view plain_answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

net::IpNetworks networks(std::string_view text) {
    return net::IpNetworks({*net::IpNetwork::parse(text)});
}

EdgeSettings with_https_rules() {
    EdgeSettings settings = quick_settings();
    settings.https_redirect = http::HttpsRedirect{308, 8443};
    settings.hsts = http::Hsts{};
    return settings;
}

// An edge with a second listener, for TLS, which has a certificate for app.test and other.test.
struct HttpsRig : EdgeRig {
    explicit HttpsRig(EdgeSettings settings = quick_settings(), net::IpNetworks proxies = {})
        : EdgeRig(std::move(settings)) {
        transport::test::put_pair(directory_of_certificates.path(), "both",
                                  transport::test::make({.alternative_names = "DNS:app.test,DNS:other.test"}));
        transport::VisitorTlsSettings tls_settings;
        tls_settings.certificates.folders = {directory_of_certificates.path()};
        tls_settings.answer_to_plain_http = plain_answer;
        tls = transport::test::make_visitor_tls(tls_settings);
        HttpListenerSettings listening;
        listening.https = true;
        listening.make_pipe = [context = tls->context()](runtime::Fd socket) {
            return transport::make_tls_pipe(std::move(socket), context);
        };
        listening.may_serve = [tls = tls](const transport::Pipe& pipe, std::string_view host) {
            return pipe.visitor() != nullptr && tls->may_serve(*pipe.visitor(), host);
        };
        listening.proxies = std::move(proxies);
        tls_address = add_listener(*edge, std::move(listening));
    }

    runtime::Fd connect() const { return connect_to(tls_address); }
    /// A connection of a proxy that says that its visitor has this address.
    runtime::Fd connect_for(const std::string& visitor) const {
        runtime::Fd socket = connect();
        const std::string header = "PROXY TCP4 " + visitor + " 198.51.100.1 51000 443\r\n";
        REQUIRE(runtime::write_some(socket.get(), as_bytes(header)).bytes == header.size());
        return socket;
    }

    transport::test::TemporaryDirectory directory_of_certificates;
    std::shared_ptr<transport::VisitorTls> tls;
    runtime::SocketAddress tls_address;
};

/// A visitor by TLS, on the test's thread.
class TlsVisitor {
public:
    TlsVisitor(runtime::Fd socket, const std::string& name)
        : fd_(socket.get()), client_(std::move(socket), wish(name)) {
        while (!client_.step()) {
            wait_for(fd_, POLLIN);
        }
    }
    bool open() const { return client_.open; }
    void send(const std::string& text) {
        std::size_t written = 0;
        expect(SSL_write_ex(client_.ssl(), text.data(), text.size(), &written) == 1, "a write by TLS");
    }
    /// Reads up to the end of an answer with a length.
    std::string read_answer() {
        while (true) {
            const std::size_t end = client_.text.find("\r\n\r\n");
            const std::size_t field = client_.text.find("Content-Length: ");
            if (end != std::string::npos && field < end) {
                const std::size_t size = end + 4 + std::stoul(client_.text.substr(field + 16));
                if (client_.text.size() >= size) {
                    std::string answer = client_.text.substr(0, size);
                    client_.text.erase(0, size);
                    return answer;
                }
            }
            wait_for(fd_, POLLIN);
            client_.read_on();
            expect(client_.alert.empty() && SSL_get_shutdown(client_.ssl()) == 0, "a connection that continues");
        }
    }

private:
    static VisitorWish wish(const std::string& name) {
        VisitorWish wish;
        wish.name = name;
        return wish;
    }
    const int fd_;
    VisitorClient client_;
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a visitor by TLS is served, and its backend told so") {
    HttpsRig rig(with_https_rules());
    TlsVisitor visitor(rig.connect(), "app.test");
    REQUIRE(visitor.open());
    visitor.send(ask("app.test", "/x?y=z", "X-Forwarded-Proto: http\r\n"));
    Peer backend = rig.backend.accept();
    const Message request = backend.read_message();
    CHECK(request.field("x-forwarded-proto") == "https");
    CHECK(request.field("x-forwarded-port") == "443");
    CHECK(request.field("x-forwarded-for") == "127.0.0.1");
    backend.send(answer("hello"));
    const std::string response = visitor.read_answer();
    CHECK(has(response, "HTTP/1.1 200 OK\r\n"));
    CHECK(has(response, "Strict-Transport-Security: max-age=31536000\r\n"));
    CHECK(response.ends_with("\r\n\r\nhello"));
}

TEST_CASE("a visitor without TLS is sent to https where the server wants that, and not told of it by HSTS") {
    HttpsRig rig(with_https_rules());
    Peer visitor = rig.visit(ask("app.test", "/x?y=z"));
    const Message response = visitor.read_message();
    CHECK(response.status() == 308);
    CHECK(response.field("location") == "https://app.test:8443/x?y=z");
    CHECK_FALSE(response.has("strict-transport-security"));
    visitor.send(ask("nobody.test", "/x?y=z"));
    CHECK(visitor.read_message().status() == 404);
}

TEST_CASE("a service's own rules go before the server's") {
    HttpsRig rig(with_https_rules());
    directory::HttpDescription description = described("other.test");
    const bool redirects = GENERATE(true, false);
    description.rules.https_redirect = http::HttpsRedirect{std::uint16_t(redirects ? 301 : 0), 443};
    description.rules.hsts = http::Hsts{std::chrono::seconds(60), true, false};
    rig.add_service(description, 5, rig.backend.place());
    Peer plain = rig.visit(ask("other.test", "/x?y=z"));
    if (!redirects) {
        Peer asked = rig.backend.accept_request();
        asked.send(answer("plain"));
        CHECK(plain.read_message().status() == 200);
        return;
    }
    const Message redirect = plain.read_message();
    CHECK(redirect.status() == 301);
    CHECK(redirect.field("location") == "https://other.test/x?y=z");
    TlsVisitor visitor(rig.connect(), "other.test");
    visitor.send(ask("other.test", "/x?y=z"));
    Peer backend = rig.backend.accept_request();
    backend.send(answer("x"));
    CHECK(has(visitor.read_answer(), "Strict-Transport-Security: max-age=60; includeSubDomains\r\n"));
}

TEST_CASE("a host that the handshake was not for is misdirected, and the next request is not") {
    HttpsRig rig;
    rig.add_service("other.test", 5, rig.backend.place());
    TlsVisitor visitor(rig.connect(), "app.test");
    visitor.send(ask("other.test", "/x?y=z"));
    const std::string refused = visitor.read_answer();
    CHECK(has(refused, "HTTP/1.1 421 "));
    CHECK(has(refused, "X-FerroTunnel-Error: misdirected\r\n"));
    visitor.send(ask("app.test", "/x?y=z"));
    Peer backend = rig.backend.accept_request();
    backend.send(answer("right"));
    CHECK(visitor.read_answer().ends_with("right"));
}

TEST_CASE("who speaks plain HTTP to TLS gets an answer, however much it has sent") {
    HttpsRig rig;
    for (const std::size_t body : {0U, 200'000U}) {
        Peer visitor(rig.connect());
        (void)visitor.send_what_fits("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 200000\r\n\r\n" +
                                     std::string(body, 'x'));
        CHECK(visitor.read_exactly(plain_answer.size()) == plain_answer);
        visitor.close();
    }
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
    CHECK(rig.counters().handshakes_failed == 2);
}

TEST_CASE("a name without a certificate is refused by an alert") {
    HttpsRig rig;
    VisitorWish wish;
    wish.name = "nobody.test";
    runtime::Fd socket = rig.connect();
    const int fd = socket.get();
    VisitorClient client(std::move(socket), wish);
    while (!client.step()) {
        wait_for(fd, POLLIN);
    }
    CHECK_FALSE(client.open);
    CHECK(has(client.alert, "unrecognized name"));
}

TEST_CASE("beyond the caps a connection for TLS is closed before a byte is read") {
    EdgeSettings settings = quick_settings();
    settings.connections = 1;
    HttpsRig rig(settings);
    TlsVisitor first(rig.connect(), "app.test");
    CHECK(first.open());
    Peer second(rig.connect());
    CHECK(second.read_to_end().empty());
    CHECK(rig.counters().connections_refused == 1);
}

TEST_CASE("a PROXY header before TLS says who the visitor is") {
    HttpsRig rig(quick_settings(), networks("127.0.0.1"));
    TlsVisitor visitor(rig.connect_for("192.0.2.7"), "app.test");
    REQUIRE(visitor.open());
    visitor.send(ask("app.test", "/x?y=z", "X-Forwarded-For: 10.0.0.1\r\n"));
    const Message request = rig.backend.accept().read_message();
    CHECK(request.field("x-forwarded-for") == "192.0.2.7");
    CHECK(request.field("x-real-ip") == "192.0.2.7");
    CHECK(request.field("x-forwarded-port") == "443");
}

TEST_CASE("a PROXY header from elsewhere is no header, and breaks TLS") {
    HttpsRig rig(quick_settings(), networks("10.0.0.0/8"));
    Peer visitor(rig.connect());
    visitor.send("PROXY TCP4 192.0.2.7 198.51.100.1 51000 443\r\n");
    (void)visitor.read_to_end();
    CHECK(rig.counters().handshakes_failed == 1);
    CHECK(rig.counters().requests == 0);
}

TEST_CASE("visitors of a proxy count by their own addresses") {
    EdgeSettings settings = quick_settings();
    settings.connections_per_address = 1;
    HttpsRig rig(settings, networks("127.0.0.1"));
    TlsVisitor first(rig.connect_for("192.0.2.7"), "app.test");
    TlsVisitor second(rig.connect_for("192.0.2.8"), "app.test");
    CHECK(first.open());
    CHECK(second.open());
    CHECK(Peer(rig.connect_for("192.0.2.7")).read_to_end().empty());
    CHECK(rig.counters().connections_refused == 1);
}
