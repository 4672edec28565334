// Links between members: who has the key gets through, and nobody else, whatever it plays.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/hex.hpp"
#include "transport/limits.hpp"
#include "transport/link_context.hpp"
#include "transport/link_identity.hpp"
#include "transport/openssl_ptr.hpp"
#include "unit/transport/link_keys.hpp"
#include "unit/transport/pipes.hpp"
#include "unit/transport/preferred_group.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;
using Catch::Contains;

namespace {

ClusterKeys keys_of(std::uint8_t first) {
    return {cluster_key(first), std::nullopt};
}
ClusterKeys keys_of(std::uint8_t first, std::uint8_t second) {
    return {cluster_key(first), cluster_key(second)};
}

struct LinkTry {
    std::unique_ptr<Pipe> dialler;
    std::unique_ptr<Pipe> acceptor;
    Outcome dialled;
    Outcome accepted;

    LinkTry(const std::shared_ptr<TlsContext>& dials, const std::shared_ptr<TlsContext>& accepts) {
        auto [client, server] = tcp_pair();
        dialler = make_tls_pipe(std::move(client), dials);
        acceptor = make_tls_pipe(std::move(server), accepts);
        std::tie(dialled, accepted) = shake_hands(dialler, acceptor);
    }
    bool is_open() const { return dialled.status == IoStatus::ok && accepted.status == IoStatus::ok; }
    bool has_failed() const { return dialled.status == IoStatus::error && accepted.status == IoStatus::error; }
};

LinkTry link_of(const ClusterKeys& dialling, const ClusterKeys& accepting) {
    return {make_link_dialler(dialling, "a", "b"), make_link_acceptor(accepting, "b")};
}

std::string config_error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const TlsConfigError& error) {
        return error.what();
    }
    return {};
}

// Within the machine: what one end has sent is there for the other at once.
std::pair<runtime::Fd, runtime::Fd> local_pair() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    return {runtime::Fd(fds[0]), runtime::Fd(fds[1])};
}

// What the other end of a local pair has sent.
std::string received_by(const runtime::Fd& fd) {
    std::string all;
    for (;;) {
        char bytes[16'384];
        const ssize_t got = ::recv(fd.get(), bytes, sizeof bytes, 0);
        if (got <= 0) {
            return all;
        }
        all.append(bytes, static_cast<std::size_t>(got));
    }
}

void send_all(int fd, std::string_view bytes) {
    REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

// One end of a connection whose peer sends `bytes` and nothing else.
Outcome after_bytes(const std::shared_ptr<TlsContext>& context, std::string_view bytes) {
    auto [stranger, own] = tcp_pair();
    auto pipe = make_tls_pipe(std::move(own), context);
    Outcome outcome;
    outcome.status = pipe->handshake(outcome.why);  // a dialler sends first
    send_all(stranger.get(), bytes);
    while (outcome.status == IoStatus::would_block) {
        wait_for(pipe->fd(), POLLIN);
        outcome.status = pipe->handshake(outcome.why);
    }
    return outcome;
}

}  // namespace

TEST_CASE("link: members with the same key") {
    LinkTry link = link_of(keys_of(1), keys_of(1));
    CHECK(link.dialled.why == "");
    CHECK(link.accepted.why == "");
    REQUIRE(link.is_open());
    CHECK(link.dialler->link_peer() == "b");
    CHECK(link.acceptor->link_peer() == "a");
    CHECK(name_of(link.dialler->key_group()) == preferred_group());
    CHECK_THAT(link.acceptor->description(), Contains("TLSv1.3") && Contains("SHA256"));
    REQUIRE(write_text(*link.dialler, "ping").status == IoStatus::ok);
    CHECK(read_exactly(*link.acceptor, 4) == "ping");
    REQUIRE(write_text(*link.acceptor, "pong").status == IoStatus::ok);
    CHECK(read_exactly(*link.dialler, 4) == "pong");
    std::array<std::uint8_t, 32> ours{};
    std::array<std::uint8_t, 32> theirs{};
    CHECK(link.dialler->exporter(ours));
    CHECK(link.acceptor->exporter(theirs));
    CHECK(ours == theirs);
}

TEST_CASE("link: the PSK is the one that is documented") {
    LinkPsk psk{};
    REQUIRE(LinkSecret(cluster_key(1)).derive("a", "b", psk));
    CHECK(to_hex(psk) == "63586bb28d61f7460d95202fe3abb5a779c7d1fa31cb65d3dd10e8342ce1e437");  // by Python's hmac
    LinkPsk other{};
    REQUIRE(LinkSecret(cluster_key(1)).derive("b", "a", other));
    CHECK(other != psk);
    CHECK_FALSE(LinkSecret(cluster_key(1)).derive("a", std::string(limits::link_name_max + 1, 'b'), other));
    REQUIRE(LinkSecret(cluster_key(1))
                .derive(std::string(limits::link_name_max, 'a'), std::string(limits::link_name_max, 'b'), other));
}

TEST_CASE("link: another key") {
    const LinkTry link = link_of(keys_of(1), keys_of(2));
    CHECK(link.has_failed());
    CHECK_THAT(link.dialled.why, Contains("the peer does not have this cluster's key") &&
                                     Contains(cluster_key(1).id()) && Contains("compare the key files"));
    CHECK(link.accepted.why == "the peer does not have this cluster's key");
}

TEST_CASE("link: while a key is replaced, every step works with the one before and the one after") {
    const std::vector<ClusterKeys> steps{keys_of(1), keys_of(1, 2), keys_of(2, 1), keys_of(2)};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (std::size_t j = 0; j < steps.size(); ++j) {
            INFO(i << " dials " << j);
            const LinkTry link = link_of(steps[i], steps[j]);
            const bool is_neighbour = i == j || i + 1 == j || j + 1 == i;
            const bool is_accepted = steps[j].first == steps[i].first || steps[j].second == steps[i].first;
            CHECK(link.is_open() == is_accepted);
            CHECK(link.has_failed() == !is_accepted);
            CHECK((is_accepted || !is_neighbour));
        }
    }
}

TEST_CASE("link: the id of the key without the key") {
    // The member's name belongs to the PSK, so another name makes another PSK of the same id.
    const LinkTry link(make_link_dialler(keys_of(1), "a", "c"), make_link_acceptor(keys_of(1), "b"));
    CHECK(link.has_failed());
    CHECK_THAT(link.dialled.why, Contains("has this cluster's key") && Contains("not the member \"c\""));
    CHECK_THAT(link.accepted.why, Contains("expects the member \"c\"") && Contains("this is \"b\""));
}

TEST_CASE("link: a connection that leads back") {
    const LinkTry link(make_link_dialler(keys_of(1), "a", "b"), make_link_acceptor(keys_of(1), "a"));
    CHECK(link.has_failed());
    CHECK_THAT(link.accepted.why, Contains("leads back to this server"));
    CHECK_THAT(link.dialled.why, Contains("not the member \"b\""));
}

TEST_CASE("link: names that are not valid") {
    const std::string longest(limits::link_name_max, 'a');
    CHECK(config_error_of([&] { make_link_dialler(keys_of(1), longest, "b"); }) == "");
    CHECK_THAT(config_error_of([&] { make_link_dialler(keys_of(1), longest + 'a', "b"); }),
               Contains("not a valid name"));
    CHECK_THAT(config_error_of([&] { make_link_acceptor(keys_of(1), "a/b"); }), Contains("not a valid name"));
    CHECK_THAT(config_error_of([&] { make_link_acceptor(keys_of(1), ""); }), Contains("needs a name"));
    CHECK_THAT(config_error_of([&] { make_link_dialler(keys_of(1), "a", "a"); }), Contains("names of two members"));
}

TEST_CASE("link: a client of tunnels dials the port of links") {
    const LinkTry link(client_context(), make_link_acceptor(keys_of(1), "b"));
    CHECK(link.has_failed());
    CHECK_THAT(link.accepted.why,
               Contains("not a member of a cluster") || Contains("does not have this cluster's key"));
}

TEST_CASE("link: a server of tunnels answers a dialler") {
    const LinkTry link(make_link_dialler(keys_of(1), "a", "b"), server_context());
    CHECK(link.has_failed());
    CHECK_THAT(link.dialled.why, Contains("does not select the protocol ferrotunnel-peer/1"));
}

namespace {

// A peer of OpenSSL alone, over a socket of a pair.
SslPtr foreign_end(SSL_CTX* context, int fd) {
    SslPtr ssl(SSL_new(context));
    REQUIRE(ssl);
    SSL_set_fd(ssl.get(), fd);
    return ssl;
}

// Steps both ends until ours has finished.
Outcome shake_with(Pipe& own, SSL* foreign) {
    Outcome outcome;
    bool is_done = false;
    for (int i = 0; i < 10'000 && outcome.status == IoStatus::would_block; ++i) {
        outcome.status = own.handshake(outcome.why);
        is_done = is_done || SSL_do_handshake(foreign) == 1;
        pollfd entry{own.fd(), POLLIN, 0};
        ::poll(&entry, 1, 5);
    }
    ERR_clear_error();
    return outcome;
}

int accept_any_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered, unsigned,
                    void*) {
    *size = offered[0];
    *out = offered + 1;
    return SSL_TLSEXT_ERR_OK;
}

int no_psk_known(SSL*, const unsigned char*, std::size_t, SSL_SESSION** found) {
    *found = nullptr;
    return 1;
}

const LinkPsk* offered_psk = nullptr;
std::string offered_identity;

int offer_psk(SSL* ssl, const EVP_MD*, const unsigned char** identity, std::size_t* size, SSL_SESSION** used) {
    constexpr unsigned char suite[] = {0x13, 0x01};
    *used = SSL_SESSION_new();
    SSL_SESSION_set_cipher(*used, SSL_CIPHER_find(ssl, suite));
    SSL_SESSION_set_protocol_version(*used, TLS1_3_VERSION);
    SSL_SESSION_set1_master_key(*used, offered_psk->data(), offered_psk->size());
    *identity = as_bytes(offered_identity).data();
    *size = offered_identity.size();
    return 1;
}

struct ForeignDialler {
    LinkPsk psk{};
    std::string identity = LinkIdentity{cluster_key(1).id(), "a", "b"}.text();
    std::string alpn = std::string("\x12") + link_alpn;
    long options = 0;

    ForeignDialler() { REQUIRE(LinkSecret(cluster_key(1)).derive("a", "b", psk)); }

    Outcome dial() {
        auto [client, server] = tcp_pair();
        const SslContextPtr context(SSL_CTX_new(TLS_client_method()));
        SSL_CTX_set_psk_use_session_callback(context.get(), offer_psk);
        SSL_CTX_set_options(context.get(), static_cast<std::uint64_t>(options));
        offered_psk = &psk;
        offered_identity = identity;
        const SslPtr ssl = foreign_end(context.get(), client.get());
        if (!alpn.empty()) {
            SSL_set_alpn_protos(ssl.get(), as_bytes(alpn).data(), static_cast<unsigned>(alpn.size()));
        }
        SSL_set_connect_state(ssl.get());
        const auto own = make_tls_pipe(std::move(server), make_link_acceptor(keys_of(1), "b"));
        return shake_with(*own, ssl.get());
    }
};

}  // namespace

TEST_CASE("link: another server with a certificate answers a dialler") {
    const bool agrees_to_protocol = GENERATE(false, true);
    auto [client, server] = tcp_pair();
    const SslContextPtr context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), SSL_CTX_get0_certificate(server_context()->native()));
    SSL_CTX_use_PrivateKey(context.get(), SSL_CTX_get0_privatekey(server_context()->native()));
    SSL_CTX_set_psk_find_session_callback(context.get(), no_psk_known);
    if (agrees_to_protocol) {
        SSL_CTX_set_alpn_select_cb(context.get(), accept_any_alpn, nullptr);
    }
    const SslPtr ssl = foreign_end(context.get(), server.get());
    SSL_set_accept_state(ssl.get());
    const auto own = make_tls_pipe(std::move(client), make_link_dialler(keys_of(1), "a", "b"));
    const Outcome outcome = shake_with(*own, ssl.get());
    CHECK(outcome.status == IoStatus::error);
    CHECK_THAT(outcome.why, Contains("a certificate in place of the cluster's key"));
}

TEST_CASE("link: foreign software with the right PSK gets through, and with anything else does not") {
    ForeignDialler dialler;
    Outcome outcome;
    SECTION("all right") {
        CHECK(dialler.dial().status == IoStatus::ok);
    }
    SECTION("one bit of the PSK") {
        dialler.psk[31] ^= 1U;
        outcome = dialler.dial();
        CHECK(outcome.status == IoStatus::error);
        CHECK(outcome.why == "the peer does not have this cluster's key");
    }
    SECTION("an identity that is not known") {
        dialler.identity = GENERATE(as<std::string>(), "x", "0123456789abcdef/a/b", "//", std::string(60'000, 'x'));
        outcome = dialler.dial();
        CHECK(outcome.status == IoStatus::error);
        CHECK(outcome.why == "the peer does not have this cluster's key");
    }
    SECTION("another member's name, with the PSK of its own") {
        dialler.identity = LinkIdentity{cluster_key(1).id(), "c", "b"}.text();
        CHECK(dialler.dial().why == "the peer does not have this cluster's key");
    }
    SECTION("the name of the accepting member, with its PSK") {
        dialler.identity = LinkIdentity{cluster_key(1).id(), "b", "b"}.text();
        REQUIRE(LinkSecret(cluster_key(1)).derive("b", "b", dialler.psk));
        CHECK_THAT(dialler.dial().why, Contains("has the name of this server"));
    }
    SECTION("no protocol") {
        dialler.alpn = "";
        CHECK_THAT(dialler.dial().why, Contains("does not offer the protocol ferrotunnel-peer/1"));
    }
    SECTION("the protocol of tunnels") {
        dialler.alpn = std::string("\x0d") + tls_alpn;
        CHECK_THAT(dialler.dial().why, Contains("does not offer the protocol ferrotunnel-peer/1"));
    }
}

TEST_CASE("link: a repeated first flight is answered, and leads to nothing") {
    const auto acceptor = make_link_acceptor(keys_of(1), "b");
    // What a dialler has sent, recorded on the way.
    auto [dialler_end, to_dialler] = local_pair();
    auto [to_acceptor, acceptor_end] = local_pair();
    const auto dialler = make_tls_pipe(std::move(dialler_end), make_link_dialler(keys_of(1), "a", "b"));
    const auto first = make_tls_pipe(std::move(acceptor_end), acceptor);
    Outcome ours;
    Outcome theirs;
    ours.status = dialler->handshake(ours.why);
    const std::string hello = received_by(to_dialler);
    send_all(to_acceptor.get(), hello);
    theirs.status = first->handshake(theirs.why);
    send_all(to_dialler.get(), received_by(to_acceptor));
    REQUIRE(dialler->handshake(ours.why) == IoStatus::ok);
    REQUIRE(write_text(*dialler, "a secret request").status == IoStatus::ok);
    const std::string rest = received_by(to_dialler);
    send_all(to_acceptor.get(), rest);
    REQUIRE(first->handshake(theirs.why) == IoStatus::ok);
    CHECK(read_exactly(*first, 16) == "a secret request");

    auto [replayer, again_end] = local_pair();
    const auto again = make_tls_pipe(std::move(again_end), acceptor);
    send_all(replayer.get(), hello);
    Outcome outcome;
    CHECK(again->handshake(outcome.why) == IoStatus::would_block);
    CHECK(again->link_peer().empty());
    CHECK_FALSE(received_by(replayer).empty());
    send_all(replayer.get(), rest);
    CHECK(again->handshake(outcome.why) == IoStatus::error);
    CHECK_THAT(outcome.why, Contains("TLS of the link"));
    std::uint8_t room[64];
    CHECK(again->read(room).bytes == 0);
}

TEST_CASE("link: nothing is sent after the handshake by itself, so there are no tickets") {
    auto [dialler_end, to_dialler] = local_pair();
    auto [to_acceptor, acceptor_end] = local_pair();
    const auto dialler = make_tls_pipe(std::move(dialler_end), make_link_dialler(keys_of(1), "a", "b"));
    const auto acceptor = make_tls_pipe(std::move(acceptor_end), make_link_acceptor(keys_of(1), "b"));
    std::string why;
    (void)dialler->handshake(why);
    send_all(to_acceptor.get(), received_by(to_dialler));
    (void)acceptor->handshake(why);
    send_all(to_dialler.get(), received_by(to_acceptor));
    REQUIRE(dialler->handshake(why) == IoStatus::ok);
    send_all(to_acceptor.get(), received_by(to_dialler));
    REQUIRE(acceptor->handshake(why) == IoStatus::ok);
    CHECK(received_by(to_acceptor).empty());
}

TEST_CASE("link: the key does not follow from what is sent") {
    auto [dialler_end, to_dialler] = local_pair();
    const auto dialler = make_tls_pipe(std::move(dialler_end), make_link_dialler(keys_of(1), "a", "b"));
    std::string why;
    (void)dialler->handshake(why);
    const std::string hello = received_by(to_dialler);
    CHECK_THAT(hello, Contains(cluster_key(1).id() + "/a/b"));
    CHECK_THAT(hello, !Contains(std::string(8, '\x01')));
}

TEST_CASE("link: plain bytes, older TLS and nothing at all") {
    const auto acceptor = make_link_acceptor(keys_of(1), "b");
    const auto dialler = make_link_dialler(keys_of(1), "a", "b");
    for (const std::string_view bytes : {"GET / HTTP/1.1\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n"}) {
        CHECK(after_bytes(acceptor, bytes).why == "the peer does not speak TLS");
        CHECK_THAT(after_bytes(dialler, bytes).why, Contains("does not speak TLS on this port"));
    }
    auto [client, server] = tcp_pair();
    const SslContextPtr context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    const SslPtr ssl = foreign_end(context.get(), client.get());
    SSL_set_connect_state(ssl.get());
    const auto own = make_tls_pipe(std::move(server), acceptor);
    CHECK_THAT(shake_with(*own, ssl.get()).why, Contains("does not speak TLS 1.3"));

    auto [gone, end] = tcp_pair();
    gone = {};
    const auto left = make_tls_pipe(std::move(end), acceptor);
    wait_for(left->fd(), POLLIN);
    std::string why;
    CHECK(left->handshake(why) == IoStatus::error);
    CHECK_THAT(why, Contains("closed the connection during the TLS handshake"));
}
