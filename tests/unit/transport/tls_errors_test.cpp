// What a user is told when TLS does not come about.
#include "transport/tls_errors.hpp"

#include <openssl/ssl.h>

#include <catch2/catch.hpp>
#include <thread>

#include "made_certificates.hpp"
#include "pipes.hpp"
#include "transport/certificate.hpp"
#include "transport/tcp_pipe.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;
using Catch::Contains;

namespace {

struct HandshakeOutcomes {
    Outcome client;
    Outcome server;
};

HandshakeOutcomes shake(std::shared_ptr<TlsContext> client, std::shared_ptr<TlsContext> server) {
    auto [left, right] = tcp_pair();
    auto ours = make_tls_pipe(std::move(left), std::move(client));
    auto theirs = make_tls_pipe(std::move(right), std::move(server));
    auto [a, b] = shake_hands(ours, theirs);
    return {a, b};
}

// How a handshake fails with a peer that sends `words` first, and closes when told so.
std::string handshake_after(std::string_view words, bool is_server, bool close = false) {
    auto [left, right] = tcp_pair();
    auto pipe = make_tls_pipe(std::move(left), is_server ? server_context() : client_context());
    if (!words.empty()) {
        REQUIRE(runtime::write_some(right.get(), as_bytes(words)).bytes == words.size());
    }
    if (close) {
        runtime::shutdown_send(right.get());
    }
    std::string why;
    for (;;) {
        IoStatus status = pipe->handshake(why);
        if (status == IoStatus::error) {
            return why;
        }
        REQUIRE(status == IoStatus::would_block);
        wait_for(pipe->fd(), POLLIN);
    }
}

struct Files {
    explicit Files(const TemporaryDirectory& directory, const std::string& name, const Identity& identity)
        : certificate(directory.file(name + "-cert.pem", certificate_pem(identity.certificate.get()))),
          key(directory.file(name + "-key.pem", key_pem(identity.key.get()))) {}
    std::filesystem::path certificate;
    std::filesystem::path key;
};

// How one of our pipes fails when a foreign TLS end is driven against it.
std::string failure_with_foreign(SSL_CTX* foreign, bool ours_is_server) {
    auto [left, right] = tcp_pair();
    auto pipe = make_tls_pipe(std::move(left), ours_is_server ? server_context() : client_context());
    SSL* ssl = SSL_new(foreign);
    SSL_set_fd(ssl, right.get());
    ours_is_server ? SSL_set_connect_state(ssl) : SSL_set_accept_state(ssl);
    std::string why;
    IoStatus status = IoStatus::would_block;
    for (int i = 0; i < 100'000 && status == IoStatus::would_block; ++i) {
        SSL_do_handshake(ssl);
        status = pipe->handshake(why);
        std::this_thread::yield();
    }
    SSL_free(ssl);
    SSL_CTX_free(foreign);
    CHECK(status == IoStatus::error);
    return why;
}

SSL_CTX* foreign_server() {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    static const Identity identity = make_identity();
    SSL_CTX_use_certificate(context, identity.certificate.get());
    SSL_CTX_use_PrivateKey(context, identity.key.get());
    return context;
}

}  // namespace

TEST_CASE("a TLS server meets peers that speak no TLS") {
    CHECK_THAT(handshake_after(std::string("\x00\x05\x08\x00\x00\x00\x00\x00hello", 13), true),
               Contains("the peer does not speak TLS"));
    CHECK_THAT(handshake_after("GET / HTTP/1.1\r\n\r\n", true), Contains("the peer does not speak TLS"));
    CHECK_THAT(handshake_after("SSH-2.0-OpenSSH_9\r\n", true), Contains("the peer does not speak TLS"));
    CHECK_THAT(handshake_after("", true, true), Contains("closed the connection during the TLS handshake"));
    CHECK_THAT(handshake_after("\x16\x03", true, true), Contains("closed the connection during the TLS handshake"));
}

TEST_CASE("a TLS client meets servers that speak no TLS") {
    CHECK_THAT(handshake_after("SSH-2.0-OpenSSH_9\r\n", false), Contains("the server does not speak TLS on this port"));
    CHECK_THAT(handshake_after("HTTP/1.1 400 Bad Request\r\n\r\n", false), Contains("does not speak TLS on this port"));
    CHECK_THAT(handshake_after("", false, true), Contains("it may not speak TLS on this port"));
}

TEST_CASE("a TLS client that is reset before the handshake is over does not blame TLS") {
    auto [left, right] = tcp_pair();
    auto pipe = make_tls_pipe(std::move(left), client_context());
    std::string why;
    REQUIRE(pipe->handshake(why) == IoStatus::would_block);
    runtime::reset_close(std::move(right));
    wait_for(pipe->fd(), POLLIN);
    REQUIRE(pipe->handshake(why) == IoStatus::error);
    CHECK_THAT(why,
               Contains("was reset before the TLS handshake was complete; the server may have too many connections"));
}

TEST_CASE("our client with TLS off is told so by a server with TLS") {
    auto [left, right] = tcp_pair();
    auto client = make_tcp_pipe(std::move(left), TcpPipeSide::client);
    auto server = make_tls_pipe(std::move(right), server_context());
    std::string why;
    REQUIRE(client->handshake(why) == IoStatus::ok);
    const std::string hello("\x00\x05\x08\x00\x00\x00\x00\x00hello", 13);
    REQUIRE(write_text(*client, hello).status == IoStatus::ok);
    wait_for(server->fd(), POLLIN);
    CHECK(server->handshake(why) == IoStatus::error);
    server.reset();
    CHECK(read_to_end(*client).status == IoStatus::error);
    CHECK_THAT(client->error_text(), Contains("the server speaks TLS on this port") && Contains("TLS off"));
}

TEST_CASE("our client with TLS is told so by a server with TLS off") {
    auto [left, right] = tcp_pair();
    auto client = make_tls_pipe(std::move(left), client_context());
    auto server = make_tcp_pipe(std::move(right), TcpPipeSide::server);
    auto [ours, theirs] = [&] { return shake_hands(client, server); }();
    CHECK(theirs.status == IoStatus::error);
    CHECK_THAT(theirs.why, Contains("the client speaks TLS") && Contains("TLS off"));
    CHECK(ours.status == IoStatus::error);
}

TEST_CASE("peers that do not know our protocol") {
    CHECK_THAT(failure_with_foreign(foreign_server(), false), Contains("not a FerroTunnel server"));

    SSL_CTX* server_with_other_protocols = foreign_server();
    SSL_CTX_set_alpn_select_cb(
        server_with_other_protocols,
        [](SSL*, const unsigned char**, unsigned char*, const unsigned char*, unsigned, void*) {
            return SSL_TLSEXT_ERR_ALERT_FATAL;
        },
        nullptr);
    CHECK_THAT(failure_with_foreign(server_with_other_protocols, false), Contains("not a FerroTunnel server"));

    CHECK_THAT(failure_with_foreign(SSL_CTX_new(TLS_client_method()), true), Contains("not a FerroTunnel client"));

    SSL_CTX* browser = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_alpn_protos(browser, reinterpret_cast<const unsigned char*>("\x02h2"), 3);
    CHECK_THAT(failure_with_foreign(browser, true), Contains("not a FerroTunnel client"));
}

TEST_CASE("older TLS is refused on both sides") {
    SSL_CTX* old_client = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(old_client, TLS1_2_VERSION);
    CHECK_THAT(failure_with_foreign(old_client, true), Contains("TLS 1.3"));

    SSL_CTX* old_server = foreign_server();
    SSL_CTX_set_max_proto_version(old_server, TLS1_2_VERSION);
    CHECK_THAT(failure_with_foreign(old_server, false), Contains("TLS 1.3"));
}

TEST_CASE("a pinned key is accepted, another one refused with both fingerprints") {
    auto server = TlsContext::make_server({});
    auto right = shake(TlsContext::make_client({.pin = server->fingerprint()}), server);
    CHECK(right.client.status == IoStatus::ok);

    std::string other = TlsContext::make_server({})->fingerprint();
    auto wrong = shake(TlsContext::make_client({.pin = other}), server);
    CHECK(wrong.client.status == IoStatus::error);
    CHECK_THAT(wrong.client.why, Contains("not the pinned one") && Contains(other) && Contains(server->fingerprint()));
}

TEST_CASE("a CA verifies chain and name") {
    TemporaryDirectory directory;
    Identity identity = make_identity();  // self-signed for the name "ferrotunnel": it is its own CA
    Files files(directory, "server", identity);
    auto server = TlsContext::make_server({.certificate_file = files.certificate, .key_file = files.key});

    auto fine = shake(TlsContext::make_client({.server_name = "ferrotunnel", .ca_file = files.certificate}), server);
    CHECK(fine.client.why == "");
    CHECK(fine.client.status == IoStatus::ok);

    auto name = shake(TlsContext::make_client({.server_name = "other.example", .ca_file = files.certificate}), server);
    CHECK_THAT(name.client.why, Contains("cannot be verified") && Contains("connect by a name"));

    auto address = shake(TlsContext::make_client({.server_name = "127.0.0.1", .ca_file = files.certificate}), server);
    CHECK_THAT(address.client.why, Contains("cannot be verified") && Contains("connect by a name"));

    Files stranger(directory, "stranger", make_identity());
    auto chain =
        shake(TlsContext::make_client({.server_name = "ferrotunnel", .ca_file = stranger.certificate}), server);
    CHECK_THAT(chain.client.why, Contains("cannot be verified") && Contains("pin the server's key"));
    CHECK_THAT(chain.server.why, Contains("the client does not accept our certificate"));
}

TEST_CASE("mutual TLS asks for a certificate and verifies it") {
    TemporaryDirectory directory;
    Files known(directory, "known", make_identity());
    Files stranger(directory, "stranger", make_identity());
    auto server = TlsContext::make_server({.client_ca_file = known.certificate});

    auto none = shake(client_context(), server);
    CHECK_THAT(none.server.why, Contains("the client has no certificate"));

    auto wrong =
        shake(TlsContext::make_client({.certificate_file = stranger.certificate, .key_file = stranger.key}), server);
    CHECK_THAT(wrong.server.why, Contains("the client's certificate cannot be verified"));
}

TEST_CASE("a client without the certificate that is asked for is told so when it reads") {
    TemporaryDirectory directory;
    Files known(directory, "known", make_identity());
    auto [left, right] = tcp_pair();
    auto client = make_tls_pipe(std::move(left), client_context());
    auto server = make_tls_pipe(std::move(right), TlsContext::make_server({.client_ca_file = known.certificate}));
    auto [ours, theirs] = [&] { return shake_hands(client, server); }();
    CHECK(theirs.status == IoStatus::error);
    if (client) {  // in TLS 1.3 the client's side of the handshake is over before the server looks
        CHECK(read_to_end(*client).status == IoStatus::error);
        CHECK_THAT(client->error_text(), Contains("the server requires a client certificate"));
    } else {
        CHECK_THAT(ours.why, Contains("the server requires a client certificate"));
    }
}
