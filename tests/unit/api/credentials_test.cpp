// Whole servers and clients with every certificate, key, CA and pin from memory, replaced while connections are open.
#include <openssl/ssl.h>
#include <array>
#include <asio/ssl.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ferrotunnel/credential.hpp"
#include "ferrotunnel/error.hpp"
#include "unit/api/end_to_end.hpp"
#include "unit/transport/made_certificates.hpp"

namespace ferrotunnel::test {
namespace {

using Catch::Matchers::Contains;
using transport::test::certificate_pem;
using transport::test::key_pem;
using transport::test::Made;
using transport::test::make;

Credential credential_of(const Made& made) {
    return Credential::from_pem(certificate_pem(made), Secret::from_string(key_pem(made)));
}

template <typename Action>
std::string problem_of(Action action) {
    try {
        action();
    } catch (const config_error& error) {
        return error.problems().at(0).key + ": " + error.problems().at(0).text;
    }
    return {};
}

// A CA and certificates of it, in two generations.
struct Generation {
    explicit Generation(const std::string& name)
        : authority(make({.common_name = name + " CA", .authority = true})),
          tunnel(make({.alternative_names = "IP:127.0.0.1", .common_name = name + " tunnel", .issuer = &authority})),
          site(make({.alternative_names = "DNS:app.example", .common_name = name + " site", .issuer = &authority})),
          backend(make({.alternative_names = "IP:127.0.0.1", .common_name = name + " backend", .issuer = &authority})),
          person(make({.common_name = name + " person", .issuer = &authority})) {}
    Trust trust() const { return Trust::authorities(certificate_pem(authority)); }

    Made authority;
    Made tunnel;
    Made site;
    Made backend;
    Made person;
};

void use_made(asio::ssl::context& context, const Made& made) {
    REQUIRE(SSL_CTX_use_certificate(context.native_handle(), made.certificate.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context.native_handle(), made.key.get()) == 1);
}

/// Answers each HTTP request of a client with a certificate of `authority` with the certificate's name.
class TlsBackend {
public:
    TlsBackend(const Made& own, const Made& authority)
        : context_(asio::ssl::context::tls_server), acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}) {
        use_made(context_, own);
        SSL_CTX_set_session_id_context(context_.native_handle(), reinterpret_cast<const unsigned char*>("b"), 1);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.native_handle()), authority.certificate.get());
        context_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
        thread_ = std::thread([this] { serve(); });
    }
    ~TlsBackend() {
        stops_ = true;
        asio::io_context io;
        std::error_code ignored;
        tcp::socket(io).connect(acceptor_.local_endpoint(), ignored);
        thread_.join();
    }
    std::string address() const { return "https://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

private:
    void serve() {
        while (true) {
            asio::ssl::stream<tcp::socket> visitor(acceptor_.accept(), context_);
            if (stops_) {
                return;
            }
            std::error_code error;
            visitor.handshake(asio::ssl::stream_base::server, error);
            std::array<char, 4096> request{};
            if (!error) {
                visitor.read_some(asio::buffer(request), error);
            }
            if (error) {
                continue;
            }
            const X509* peer = SSL_get0_peer_certificate(visitor.native_handle());
            const std::string name = transport::test::common_name_of(peer);
            asio::write(visitor,
                        asio::buffer("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                                     std::to_string(name.size()) + "\r\n\r\n" + name),
                        error);
            visitor.shutdown(error);
        }
    }

    asio::io_context io_;
    asio::ssl::context context_;
    tcp::acceptor acceptor_;
    std::atomic<bool> stops_{false};
    std::thread thread_;
};

/// A browser with a client certificate.
class CertificateBrowser {
public:
    CertificateBrowser(const std::string& endpoint, const std::string& host, const Made* own)
        : context_(asio::ssl::context::tls_client), stream_(io_, prepare(own)), host_(host) {
        SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str());
        const std::uint16_t port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
        stream_.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
        stream_.handshake(asio::ssl::stream_base::client, error_);
    }
    std::string certificate() {
        const X509* peer = SSL_get0_peer_certificate(stream_.native_handle());
        return peer != nullptr ? transport::test::common_name_of(peer) : "";
    }
    /// The response's status and body, or the failure.
    std::string get() {
        std::string response;
        if (!error_) {
            asio::write(stream_, asio::buffer("GET / HTTP/1.1\r\nHost: " + host_ + "\r\n\r\n"), error_);
        }
        std::array<char, 4096> bytes{};
        while (!error_ && !is_whole(response)) {
            const std::size_t size = stream_.read_some(asio::buffer(bytes), error_);
            response.append(bytes.data(), size);
        }
        return is_whole(response) ? response.substr(9, 3) + ' ' + response.substr(response.find("\r\n\r\n") + 4)
                                  : "failed";
    }

private:
    asio::ssl::context& prepare(const Made* own) {
        if (own != nullptr) {
            use_made(context_, *own);
        }
        return context_;
    }
    static bool is_whole(const std::string& response) {
        const std::size_t end = response.find("\r\n\r\n");
        const std::size_t length = response.find("ontent-Length: ");
        return end != std::string::npos && length != std::string::npos &&
               response.size() >= end + 4 + static_cast<std::size_t>(std::stoi(response.substr(length + 15)));
    }

    asio::io_context io_;
    asio::ssl::context context_;
    asio::ssl::stream<tcp::socket> stream_;
    std::string host_;
    std::error_code error_;
};

}  // namespace

TEST_CASE("a server, its clients and a backend with all credentials from memory, which are replaced",
          "[credentials][threads]") {
    const Generation first("first");
    const Generation second("second");
    const TlsBackend old_backend(first.backend, first.authority);
    const TlsBackend new_backend(second.backend, second.authority);
    const Echo echo;
    const Secret token = Secret::generate();

    Credential tunnel = credential_of(first.tunnel);
    Credential site = credential_of(first.site);
    Trust visitors = first.trust();
    Https https;
    https.certificates = {{.credential = site}};
    https.client_certificates = {{.host = "app.example", .trust = visitors}};
    Server::Builder builder = server_builder(token);
    builder.tls_certificate(tunnel).https_bind("127.0.0.1:0").https(https);
    CHECK(builder.check().empty());
    Server server = builder.build();
    server.start();
    CHECK(server.tls_pin() == tunnel.pin());

    Trust by_ca = first.trust();
    Trust by_pin = Trust::pins({tunnel.pin()});
    Trust backends = first.trust();
    Credential to_backends = credential_of(first.person);
    Client client = client_builder(token, server.client_endpoint()).tls_trust(by_ca).build();
    Http app("app.example", old_backend.address(), "app");
    app.backend_tls.trust = backends;
    app.backend_tls.credential = to_backends;
    (void)client.add(app);
    client.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    Client pinned = client_builder(token, server.client_endpoint()).tls_trust(by_pin).build();
    const Service port = pinned.add(to(echo.address()));
    pinned.start();
    REQUIRE_FALSE(pinned.wait_ready(patience));
    Visitor visitor(static_cast<std::uint16_t>(std::stoi(port.endpoint().substr(port.endpoint().rfind(':') + 1))));
    CHECK(visitor.echoes("before"));
    CertificateBrowser before(server.https_endpoint(), "app.example", &first.person);
    CHECK(before.certificate() == "first site");
    CHECK(before.get() == "200 first person");
    CHECK(CertificateBrowser(server.https_endpoint(), "app.example", &second.person).get() == "failed");

    SECTION("a bad replacement is an error, and loses nothing") {
        CHECK_THAT(problem_of([&] { site.replace(credential_of(first.person)); }),
                   Contains("credential: is used for HTTPS visitors, but the certificate has no DNS name"));
        CHECK_THAT(problem_of([&] {
                       site.replace(Credential::from_pem(certificate_pem(second.site),
                                                         Secret::from_string(key_pem(first.site))));
                   }),
                   Contains("credential: the private key does not belong to the certificate"));
        CHECK_THAT(problem_of([&] { site.replace({}); }), Contains("cannot be replaced by an empty one"));
        CHECK_THAT(problem_of([&] { Credential().replace(site); }), Contains("is empty"));
        CHECK_THAT(problem_of([&] { by_ca.replace(by_pin); }), Contains("trust: can only be replaced by one with the"));
        CHECK_THAT(problem_of([&] { visitors.replace(Trust::authorities(certificate_pem(first.site))); }),
                   Contains("is used for client certificates, but contains a certificate that is not a CA"));
        CHECK(CertificateBrowser(server.https_endpoint(), "app.example", &first.person).get() == "200 first person");
        CHECK(server.tls_pin() == tunnel.pin());
    }
    SECTION("replacements are for new connections; old ones continue") {
        site.replace(credential_of(second.site));
        CertificateBrowser after(server.https_endpoint(), "app.example", &first.person);
        CHECK(after.certificate() == "second site");
        CHECK(after.get() == "200 first person");
        CHECK(before.get() == "200 first person");

        to_backends.replace(credential_of(second.person));  // which the old backend does not know
        CHECK(before.get().starts_with("502"));
        backends.replace(second.trust());
        app.local = new_backend.address();
        Client::Builder same = client_builder(token, server.client_endpoint());
        same.tls_trust(by_ca);
        REQUIRE(client.apply(std::move(same), {app}).ok());
        REQUIRE(eventually([&] { return before.get() == "200 second person"; }));

        visitors.replace(second.trust());
        CHECK(before.get().starts_with("421"));  // it has to connect again, with another certificate
        CHECK(CertificateBrowser(server.https_endpoint(), "app.example", &first.person).get() == "failed");
        CHECK(CertificateBrowser(server.https_endpoint(), "app.example", &second.person).get() == "200 second person");

        tunnel.replace(credential_of(second.tunnel));
        CHECK(server.tls_pin() == tunnel.pin());
        CHECK(visitor.echoes("after"));
        const auto try_as = [&](const Trust& trust) {
            Client one = client_builder(token, server.client_endpoint()).tls_trust(trust).attempts(1).build();
            one.start();
            return one.wait_ready(patience);
        };
        CHECK(try_as(by_ca));
        CHECK(try_as(by_pin));
        by_ca.replace(second.trust());
        by_pin.replace(Trust::pins({tunnel.pin()}));
        CHECK_FALSE(try_as(by_ca));
        CHECK_FALSE(try_as(by_pin));
        CHECK(visitor.echoes("still"));
    }
    SECTION("apply() with the same handles changes nothing, and other handles are used") {
        const auto settings = [&](const Credential& for_tunnel, const Credential& for_site) {
            Https changed = https;
            changed.certificates = {{.credential = for_site}};
            Server::Builder next = server_builder(token);
            next.tls_certificate(for_tunnel).https_bind("127.0.0.1:0").https(changed);
            return next;
        };
        CHECK(server.apply(settings(tunnel, site)).applied.empty());
        const Credential other_tunnel = credential_of(second.tunnel);
        const Credential other_site = credential_of(second.site);
        const ApplyReport report = server.apply(settings(other_tunnel, other_site));
        REQUIRE(report.ok());
        CHECK(report.applied.size() == 2);
        CHECK(server.tls_pin() == other_tunnel.pin());
        CHECK(CertificateBrowser(server.https_endpoint(), "app.example", &first.person).certificate() == "second site");
        site.replace(credential_of(first.person));  // not in use any more, so nothing objects
    }
}

TEST_CASE("settings that name files and handles for one thing are rejected", "[credentials]") {
    const Generation one("one");
    const Secret token = Secret::generate();
    const auto first_problem = [](const auto& builder) {
        const std::vector<Problem> problems = builder.check();
        return problems.empty() ? std::string() : problems.front().key + ": " + problems.front().text;
    };
    Https both;
    both.certificates = {{.chain = "a.pem", .credential = credential_of(one.site)}};
    CHECK_THAT(first_problem(server_builder(token).https_bind("127.0.0.1:0").https(both)),
               Contains("https.certificates: a certificate has files and a credential from memory"));
    Https nameless;
    nameless.certificates = {{.credential = credential_of(one.person)}};
    CHECK_THAT(first_problem(server_builder(token).https_bind("127.0.0.1:0").https(nameless)),
               Contains("https: a credential for HTTPS visitors cannot be used: the certificate has no DNS name"));
    Https pinned;
    pinned.client_certificates = {{.host = "*", .trust = Trust::pins({credential_of(one.site).pin()})}};
    CHECK_THAT(first_problem(server_builder(token).https_bind("127.0.0.1:0").https(pinned)),
               Contains("the trust needs CAs and no pins"));
    CHECK_THAT(first_problem(server_builder(token).tls_certificate(credential_of(one.tunnel)).tls(false)),
               Contains("tls_certificate: has no meaning while TLS is off"));
    CHECK_THAT(first_problem(client_builder(token, "127.0.0.1:1").tls_trust(one.trust()).tls(false)),
               Contains("tls_trust: has no meaning while TLS is off"));
    CHECK_THAT(first_problem(client_builder(token, "127.0.0.1:1").tls_trust(one.trust()).tls_ca("ca.pem")),
               Contains("tls_trust: replaces `tls_ca` and `tls_pin`"));
    const auto refusal_of = [&token](const BackendTls& tls) {
        Client client = client_builder(token, "127.0.0.1:1").build();
        Http app("app.example", "https://127.0.0.1:1", "app");
        app.backend_tls = tls;
        return problem_of([&] { (void)client.add(app); });
    };
    CHECK_THAT(refusal_of({.ca_file = "ca.pem", .trust = one.trust()}), Contains("either a CA file or a trust"));
    CHECK_THAT(refusal_of({.insecure = true, .trust = one.trust()}), Contains("insecure"));
    CHECK_THAT(refusal_of({.certificate_file = "a", .key_file = "b", .credential = credential_of(one.person)}),
               Contains("either files or a credential"));
}

TEST_CASE("handles report what they have, and the empty ones nothing", "[credentials]") {
    const Generation one("one");
    const Credential site = credential_of(one.site);
    CHECK(site.pin().starts_with("sha256:"));
    CHECK(site.hosts() == (std::vector<std::string>{"app.example"}));
    CHECK(site.expires() > std::chrono::system_clock::now());
    const Credential copy = site;
    CHECK(copy == site);
    CHECK_FALSE(credential_of(one.site) == site);
    CHECK(Credential().empty());
    CHECK(Credential().pin().empty());
    CHECK(Credential().hosts().empty());
    CHECK(Trust().empty());
    CHECK_FALSE(Trust().has_pins());
    CHECK(one.trust().has_authorities());
    CHECK_FALSE(one.trust().has_pins());
    CHECK_THAT(problem_of([] { (void)Trust::pins({}); }), Contains("trust: needs at least one pin"));
    CHECK_THAT(problem_of([] { (void)Trust::authorities(""); }), Contains("no certificate in PEM form"));
}

}  // namespace ferrotunnel::test
