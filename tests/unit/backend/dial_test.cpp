// How a client connects a stream to what is behind a service: unix sockets, the PROXY protocol, TLS.
#include "backend/dial.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "backend/limits.hpp"
#include "inspect/inspector.hpp"
#include "net/ip_text.hpp"
#include "support/recording_logger.hpp"
#include "unit/transport/made_certificates.hpp"
#include "unit/trunk/pumped_visitor.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using namespace ferrotunnel::trunk;
using namespace ferrotunnel::trunk::test;
using ferrotunnel::test::RecordingLogger;
using transport::test::TemporaryDirectory;
using namespace std::chrono_literals;

namespace {

/// Trunks whose client dials `service` for each stream.
struct DialRig {
    explicit DialRig(Duration patience = limits::orphan_timeout)
        : pair(of(mux::Role::server, patience), of(mux::Role::client, patience)) {
        on(pair.worker, [this] {
            pair.client.on_stream = [this](IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
                dial_backend(pair.worker, service, std::move(stream), open.visitor, shared);
            };
        });
        service->name = "app";
    }
    ~DialRig() {
        on(pair.worker, [this] { pair.client.on_stream = nullptr; });
    }

    Backend& backend() { return service->backend; }
    void to(const std::string& local, wire::ServiceKind kind = wire::ServiceKind::tcp) {
        backend().text = local;
        backend().place = *parse_backend_address(local, kind);
    }

    static mux::Settings of(mux::Role role, Duration patience) {
        mux::Settings settings = settings_of(role);
        settings.orphan_timeout = patience;
        return settings;
    }

    RecordingLogger log;
    TrunkPair pair;
    std::shared_ptr<ClientService> service = std::make_shared<ClientService>();
    DialShared shared{make_intrusive<Traffic>(), std::make_shared<SelfLoopDetector>(), log};
};

net::Address address(const char* ip, std::uint16_t port) {
    auto made = net::parse_ipv4(ip);
    net::Address found = made ? *made : *net::parse_ipv6(ip);
    found.port = port;
    return found;
}

struct Listening {
    /// Blocking, for the thread of the test or of a TLS backend.
    runtime::Fd accept() const { return accept_on(socket.get()); }
    static runtime::Fd accept_on(int listener) {
        wait_for(listener, POLLIN);
        return runtime::Fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    }
    std::string place() const { return "127.0.0.1:" + std::to_string(port); }

    const runtime::Fd socket = transport::test::listen_on_loopback();
    const std::uint16_t port = runtime::local_address(socket.get()).port();
};

std::string read_exactly(int fd, std::size_t bytes) {
    std::string text(bytes, '\0');
    for (std::size_t have = 0; have < bytes;) {
        const ssize_t got = ::recv(fd, text.data() + have, bytes - have, 0);
        if (got <= 0) {
            return text.substr(0, have);
        }
        have += static_cast<std::size_t>(got);
    }
    return text;
}

runtime::Fd listen_on_unix(const std::string& path, int backlog = 8) {
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    path.copy(where.sun_path, sizeof where.sun_path - 1);
    runtime::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
    REQUIRE(::listen(listener.get(), backlog) == 0);
    return listener;
}

/// This process's other end of a connection.
int descriptor_connected_to(const runtime::SocketAddress& address) {
    for (int fd = 3; fd < 4'096; ++fd) {
        if (runtime::peer_address(fd).text() == address.text()) {
            return fd;
        }
    }
    FAIL("nobody is connected to " << address.text());
    return -1;
}

int option(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(fd, level, name, &value, &size) == 0);
    return value;
}

struct Files {
    Files() {
        authority = transport::test::make({.common_name = "an authority", .authority = true});
        other_authority = transport::test::make({.common_name = "another authority", .authority = true});
        server = transport::test::make({.alternative_names = "DNS:app.internal", .issuer = &authority});
        transport::test::put_file(folder.path() / "ca.pem", transport::test::certificate_pem(authority));
        transport::test::put_file(folder.path() / "other.pem", transport::test::certificate_pem(other_authority));
        transport::test::put_file(folder.path() / "own.pem", transport::test::certificate_pem(server));
        transport::test::put_file(folder.path() / "own-key.pem", transport::test::key_pem(server));
    }
    std::string file(const char* name) const { return (folder.path() / name).string(); }

    TemporaryDirectory folder;
    transport::test::Made authority, other_authority, server;
};

using ContextPtr = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;
using ConnectionPtr = std::unique_ptr<SSL, decltype(&SSL_free)>;

/// A backend that speaks TLS, on a thread of its own: serves one connection.
class TlsBackend {
public:
    using Serve = std::function<void(SSL*, int fd)>;

    TlsBackend(const transport::test::Made& identity, Serve serve, std::size_t clear_bytes = 0, int connections = 1,
               const std::function<void(SSL_CTX*)>& prepare = {})
        : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
        SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
        SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
        if (prepare) {
            prepare(context_.get());
        }
        thread_ = std::thread([this, serve, clear_bytes, connections] {
            for (int i = 0; i < connections; ++i) {
                serve_one(serve, clear_bytes);
            }
        });
    }
    ~TlsBackend() { join(); }
    void join() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    std::string place() const { return listening_.place(); }

    std::string clear;      // what came before TLS; after join()
    std::string asked_for;  // by SNI; after join()

private:
    void serve_one(const Serve& serve, std::size_t clear_bytes) {
        runtime::Fd socket = listening_.accept();
        clear = read_exactly(socket.get(), clear_bytes);
        ConnectionPtr ssl(SSL_new(context_.get()), SSL_free);
        SSL_set_fd(ssl.get(), socket.get());
        if (SSL_accept(ssl.get()) == 1) {
            const char* name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
            asked_for = name != nullptr ? name : "";
            serve(ssl.get(), socket.get());
        }
    }

    Listening listening_;
    ContextPtr context_;
    std::thread thread_;
};

// A visitor of an echo, from its first byte to its end.
void visit_echo(DialRig& rig, std::string_view text) {
    PumpedVisitor visitor(rig.pair);
    visitor.send(text);
    CHECK(visitor.read(text.size()) == text);
    (void)runtime::shutdown_send(visitor.socket.get());
    (void)visitor.read_to_end();
}

// Sends back what comes until the visitor's end, which it answers by its own.
void echo(SSL* ssl, int) {
    std::vector<char> bytes(16'384);
    int got = 0;
    while ((got = SSL_read(ssl, bytes.data(), static_cast<int>(bytes.size()))) > 0) {
        SSL_write(ssl, bytes.data(), got);
    }
    SSL_shutdown(ssl);
}

void use_tls(DialRig& rig, const TlsBackend& backend, const transport::TlsBackendSettings& settings) {
    rig.to("tls://" + backend.place());
    rig.backend().tls = transport::TlsContext::make_for_backend(settings);
}

}  // namespace

TEST_CASE("a backend may be a unix socket", "[dial]") {
    DialRig rig;
    TemporaryDirectory folder;
    const std::string path = (folder.path() / "app.sock").string();
    runtime::Fd listener = listen_on_unix(path);
    rig.to("unix:" + path);
    PumpedVisitor visitor(rig.pair);
    visitor.send("hello");
    runtime::Fd backend = Listening::accept_on(listener.get());
    CHECK(read_exactly(backend.get(), 5) == "hello");
    REQUIRE(::send(backend.get(), "answer", 6, 0) == 6);
    CHECK(visitor.read(6) == "answer");
    (void)runtime::shutdown_send(visitor.socket.get());
    CHECK(read_exactly(backend.get(), 1).empty());
    backend.reset();
    CHECK(visitor.read_to_end() == std::pair<std::size_t, bool>(0, true));
}

TEST_CASE("a unix backend that has closed both ways is gone, and not one that has only said everything", "[dial]") {
    DialRig rig(200ms);
    TemporaryDirectory folder;
    const std::string path = (folder.path() / "app.sock").string();
    runtime::Fd listener = listen_on_unix(path);
    rig.to("unix:" + path);
    PumpedVisitor of_half(rig.pair);
    runtime::Fd half = Listening::accept_on(listener.get());
    REQUIRE(::shutdown(half.get(), SHUT_WR) == 0);
    CHECK(of_half.read_to_end().second);
    PumpedVisitor of_none(rig.pair);
    Listening::accept_on(listener.get()).reset();
    CHECK(of_none.read_to_end().second);
    wait_for(of_none.socket.get(), POLLERR);  // idle, until its stream's patience is over
    of_half.send("late");
    CHECK(read_exactly(half.get(), 4) == "late");
}

TEST_CASE("a backend on this machine that has closed is found by the kernel's probes", "[dial]") {
    DialRig rig;
    Listening listening;
    rig.to(listening.place());
    PumpedVisitor visitor(rig.pair);
    runtime::Fd backend = listening.accept();
    REQUIRE(::send(backend.get(), "x", 1, 0) == 1);
    CHECK(visitor.read(1) == "x");  // an accepted connection is not pumped yet; by now its socket has its options
    const int pumped = descriptor_connected_to(runtime::local_address(backend.get()));
    CHECK(option(pumped, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option(pumped, IPPROTO_TCP, TCP_KEEPIDLE) == 75);
    // The same within a second: the kernel forgets a socket that has closed, and a probe asks for it.
    const int second = 1;
    REQUIRE(::setsockopt(backend.get(), IPPROTO_TCP, TCP_LINGER2, &second, sizeof second) == 0);
    REQUIRE(::setsockopt(pumped, IPPROTO_TCP, TCP_KEEPIDLE, &second, sizeof second) == 0);
    REQUIRE(::setsockopt(pumped, IPPROTO_TCP, TCP_KEEPINTVL, &second, sizeof second) == 0);
    backend.reset();
    CHECK(visitor.read_to_end().second);
    wait_for(visitor.socket.get(), POLLERR);
    CHECK(eventually([&] { return rig.shared.traffic->visitors_now.load() == 0; }));
}

TEST_CASE("a unix socket that is not there is a backend that refuses, and the log says why", "[dial]") {
    DialRig rig;
    TemporaryDirectory folder;
    const std::string path = (folder.path() / "none.sock").string();
    rig.to("unix:" + path);
    PumpedVisitor visitor(rig.pair);
    CHECK(visitor.read_to_end() == std::pair<std::size_t, bool>(0, false));
    CHECK(visitor.stream->stream_end().code == wire::Code::refused);
    CHECK(rig.log.count("service=app backend=unix:" + path + " why=No such file or directory") == 1);
}

TEST_CASE("a request whose backend has refused before its head arrived is recorded with it", "[dial]") {
    DialRig rig;
    TemporaryDirectory folder;
    rig.to("unix:" + (folder.path() / "none.sock").string());
    rig.service->kind = wire::ServiceKind::http;
    rig.shared.inspector = std::make_shared<inspect::Inspector>(inspect::Inspector::Settings{});
    PumpedVisitor visitor(rig.pair);
    REQUIRE(eventually([&] { return rig.log.count("why=No such file or directory") == 1; }));
    const auto recorded = [&] {
        const auto all = rig.shared.inspector->records().all();
        REQUIRE(all.size() == 1);
        return all.front()->copy();
    };

    SECTION("when the head arrives late") {
        visitor.send("GET /late HTTP/1.1\r\nHost: h\r\n\r\n");
        CHECK_FALSE(visitor.read_to_end().second);
        CHECK(recorded().request.head.substr(0, 9) == "GET /late");
        CHECK(recorded().state == inspect::Exchange::State::lost);
    }
    SECTION("and without it when it does not arrive in time") {
        CHECK_FALSE(visitor.read_to_end().second);
        CHECK(recorded().request.head.empty());
        CHECK(recorded().state == inspect::Exchange::State::lost);
        CHECK(visitor.stream->stream_end().code == wire::Code::refused);
    }
    SECTION("and ends with the visitor when that leaves first") {
        const TimePoint begin = Clock::now();
        on(rig.pair.worker, [&] { visitor.stream->abort(wire::Code::connection_reset); });
        CHECK(eventually([&] { return rig.shared.traffic->visitors_now.load() == 0; }));
        CHECK(Clock::now() - begin < limits::late_head_patience);
    }
    CHECK(eventually([&] { return rig.shared.traffic->visitors_now.load() == 0; }));
}

TEST_CASE("the PROXY protocol's header is in front of the first byte", "[dial]") {
    DialRig rig;
    Listening listening;
    rig.to(listening.place());
    rig.backend().proxy = GENERATE(net::ProxyVersion::v1, net::ProxyVersion::v2);
    const bool text = rig.backend().proxy == net::ProxyVersion::v1;
    const bool six = GENERATE(false, true);
    const net::Address from = six ? address("2001:db8::7", 51'000) : address("192.0.2.7", 51'000);
    PumpedVisitor visitor(rig.pair, make_intrusive<Traffic>(), from);
    runtime::Fd backend = listening.accept();
    net::ProxyHeader header;
    header.source = from;
    header.destination = address("127.0.0.1", listening.port);
    std::array<std::uint8_t, net::proxy_written_max> room;
    const std::size_t size = text ? net::write_proxy_v1(header, room.data()) : net::write_proxy_v2(header, room.data());
    // The header does not wait for the visitor's first bytes: some visitors let the backend speak first.
    CHECK(read_exactly(backend.get(), size) == as_text({room.data(), size}));
    if (text) {
        const std::string port = std::to_string(listening.port);
        CHECK(std::string(as_text({room.data(), size})) ==
              (six ? "PROXY TCP6 2001:db8::7 ::ffff:127.0.0.1 51000 " + port + "\r\n"
                   : "PROXY TCP4 192.0.2.7 127.0.0.1 51000 " + port + "\r\n"));
    }
    visitor.send("hello");
    CHECK(read_exactly(backend.get(), 5) == "hello");
}

TEST_CASE("a PROXY header says UNKNOWN of a visitor without an address, and goes to unix sockets too", "[dial]") {
    DialRig rig;
    TemporaryDirectory folder;
    const std::string path = (folder.path() / "app.sock").string();
    runtime::Fd listener = listen_on_unix(path);
    rig.to("unix:" + path);
    rig.backend().proxy = net::ProxyVersion::v1;
    PumpedVisitor nobody(rig.pair);
    const std::string unknown = "PROXY UNKNOWN\r\n";
    runtime::Fd first = Listening::accept_on(listener.get());
    CHECK(read_exactly(first.get(), unknown.size()) == unknown);
    PumpedVisitor visitor(rig.pair, make_intrusive<Traffic>(), address("192.0.2.7", 51'000));
    const std::string known = "PROXY TCP4 192.0.2.7 0.0.0.0 51000 0\r\n";
    runtime::Fd second = Listening::accept_on(listener.get());
    CHECK(read_exactly(second.get(), known.size()) == known);
}

TEST_CASE("a backend that speaks TLS is verified, and bytes pass both ways", "[dial][tls]") {
    Files files;
    DialRig rig;
    const std::string trusted = GENERATE("ca.pem", "own.pem");
    TlsBackend backend(files.server, echo);
    use_tls(rig, backend, {.server_name = "app.internal", .ca_file = files.file(trusted.c_str())});
    PumpedVisitor visitor(rig.pair);
    constexpr std::size_t size = 2'000'000;
    bool sent = false;
    std::jthread sender([&] {
        sent = visitor.try_send(size);
        (void)runtime::shutdown_send(visitor.socket.get());
    });
    CHECK(visitor.read_to_end() == std::pair<std::size_t, bool>(size, true));
    sender.join();
    CHECK(sent);
    backend.join();
    CHECK(backend.asked_for == "app.internal");
    CHECK(rig.log.count("reached") == 0);
}

TEST_CASE("a backend that cannot be verified is refused, and the log names it and why", "[dial][tls]") {
    Files files;
    DialRig rig;
    transport::TlsBackendSettings settings{.server_name = "app.internal", .ca_file = files.file("ca.pem")};
    std::string why;
    SECTION("another authority") {
        settings.ca_file = files.file("other.pem");
        why = "unable to get local issuer certificate";
    }
    SECTION("another name") {
        settings.server_name = "other.internal";
        why = "hostname mismatch; set backend_name to one of its names: app.internal";
    }
    SECTION("an address that is not in the certificate") {
        settings.server_name = "127.0.0.1";
        why = "IP address mismatch; set backend_name to one of its names: app.internal";
    }
    SECTION("the system's authorities") {
        settings.ca_file.clear();
        why = "cannot be verified";
    }
    TlsBackend backend(files.server, echo);
    use_tls(rig, backend, settings);
    PumpedVisitor visitor(rig.pair);
    CHECK(visitor.read_to_end() == std::pair<std::size_t, bool>(0, false));
    CHECK(visitor.stream->stream_end().code == wire::Code::refused);
    CHECK(visitor.stream->peer_delivered() == 0);
    CHECK(rig.log.count("service=app backend=tls://" + backend.place() + " why=the backend's certificate") == 1);
    CHECK(rig.log.count(why) == 1);
}

TEST_CASE("who says insecure takes any certificate", "[dial][tls]") {
    Files files;
    DialRig rig;
    TlsBackend backend(files.server, echo);
    use_tls(rig, backend, {.server_name = "other.internal", .insecure = true});
    PumpedVisitor visitor(rig.pair);
    visitor.send("hello");
    CHECK(visitor.read(5) == "hello");
}

namespace {

// Makes connections one after the other, and says which of them were resumed.
std::string resumed_of(int connections, int version, bool with_close) {
    Files files;
    DialRig rig;
    std::string resumed;
    auto serve = [&](SSL* ssl, int fd) {
        resumed += SSL_session_reused(ssl) == 1 ? 'r' : 'f';
        if (with_close) {
            echo(ssl, fd);
        } else {  // this backend goes without a close_notify
            char byte = 0;
            (void)SSL_read(ssl, &byte, 1);
            (void)SSL_write(ssl, &byte, 1);
        }
    };
    TlsBackend backend(files.server, serve, 0, connections,
                       [&](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, version); });
    use_tls(rig, backend, {.server_name = "app.internal", .ca_file = files.file("ca.pem")});
    for (int i = 0; i < connections; ++i) {
        visit_echo(rig, "x");
    }
    backend.join();
    return resumed;
}

}  // namespace

TEST_CASE("connections to a TLS backend resume the session of an earlier one", "[dial][tls]") {
    const bool with_close = GENERATE(true, false);
    CHECK(resumed_of(4, TLS1_3_VERSION, with_close) == "frrr");
    CHECK(resumed_of(4, TLS1_2_VERSION, with_close) == "frrr");
}

TEST_CASE("a TLS backend that knows no session any more gets a full handshake", "[dial][tls]") {
    Files files;
    DialRig rig;
    std::string resumed;
    // Each connection has keys of its own for tickets, as after a restart of the backend.
    auto forget = [](SSL* ssl, int) {
        unsigned char keys[80];
        (void)RAND_bytes(keys, sizeof keys);  // no assertion on this thread: if it fails, resumed sessions tell
        SSL_CTX_set_tlsext_ticket_keys(SSL_get_SSL_CTX(ssl), keys, sizeof keys);
    };
    auto serve = [&](SSL* ssl, int fd) {
        resumed += SSL_session_reused(ssl) == 1 ? 'r' : 'f';
        echo(ssl, fd);
        forget(ssl, fd);
    };
    TlsBackend backend(files.server, serve, 0, 2);
    use_tls(rig, backend, {.server_name = "app.internal", .ca_file = files.file("ca.pem")});
    for (int i = 0; i < 2; ++i) {
        visit_echo(rig, "x");
    }
    backend.join();
    CHECK(resumed == "ff");
}

TEST_CASE("a backend that asks for a certificate is shown one", "[dial][tls]") {
    Files files;
    DialRig rig;
    std::string shown;
    auto serve = [&](SSL* ssl, int fd) {
        CertificatePtr certificate(SSL_get1_peer_certificate(ssl), X509_free);
        shown = certificate && X509_cmp(certificate.get(), files.server.certificate.get()) == 0 ? "ours" : "other";
        echo(ssl, fd);
    };
    auto ask = [&](SSL_CTX* context) {
        SSL_CTX_load_verify_file(context, files.file("ca.pem").c_str());
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    };
    TlsBackend backend(files.server, serve, 0, 1, ask);
    transport::TlsBackendSettings settings{.server_name = "app.internal", .ca_file = files.file("ca.pem")};
    SECTION("with one") {
        settings.certificate_file = files.file("own.pem");
        settings.key_file = files.file("own-key.pem");
        use_tls(rig, backend, settings);
        visit_echo(rig, "hello");
        backend.join();
        CHECK(shown == "ours");
    }
    SECTION("without one") {
        use_tls(rig, backend, settings);
        PumpedVisitor visitor(rig.pair);  // sends nothing, since it may be reset before
        CHECK_FALSE(visitor.read_to_end().second);
        backend.join();
        CHECK(shown.empty());
    }
}

TEST_CASE("a certificate for a backend needs its own key", "[dial][tls]") {
    Files files;
    transport::test::put_file(files.folder.path() / "other-key.pem", transport::test::key_pem(files.other_authority));
    transport::TlsBackendSettings settings{.server_name = "app.internal", .insecure = true};
    settings.certificate_file = files.file("own.pem");
    CHECK_THROWS_AS(transport::TlsContext::make_for_backend(settings), transport::TlsConfigError);
    settings.key_file = files.file("other-key.pem");
    CHECK_THROWS_AS(transport::TlsContext::make_for_backend(settings), transport::TlsConfigError);
    settings.key_file = files.file("own-key.pem");
    CHECK(transport::TlsContext::make_for_backend(settings));
}

TEST_CASE("a backend that does not speak TLS is told from one that does", "[dial][tls]") {
    DialRig rig;
    Listening listening;
    rig.to("tls://" + listening.place());
    rig.backend().tls = transport::TlsContext::make_for_backend({.server_name = "app.internal"});
    PumpedVisitor visitor(rig.pair);
    runtime::Fd backend = listening.accept();
    SECTION("it answers something else") {
        REQUIRE(::send(backend.get(), "220 ready\r\n", 11, 0) == 11);
        CHECK_FALSE(visitor.read_to_end().second);
        CHECK(rig.log.count("does not speak TLS on this port") == 1);
    }
    SECTION("it closes") {
        read_exactly(backend.get(), 5);
        runtime::reset_close(std::move(backend));
        CHECK_FALSE(visitor.read_to_end().second);
        CHECK(rig.log.count("during the TLS handshake") == 1);
    }
    CHECK(visitor.stream->stream_end().code == wire::Code::refused);
}

TEST_CASE("what a TLS backend has cut does not look complete", "[dial][tls]") {
    Files files;
    DialRig rig;
    TlsBackend backend(files.server, [](SSL* ssl, int) { SSL_write(ssl, "half", 4); });  // and sends no close_notify
    use_tls(rig, backend, {.server_name = "app.internal", .ca_file = files.file("ca.pem")});
    PumpedVisitor visitor(rig.pair);
    CHECK(visitor.read_to_end() == std::pair<std::size_t, bool>(4, false));
}

TEST_CASE("a visitor's reset reaches a TLS backend behind its bytes", "[dial][tls]") {
    Files files;
    DialRig rig;
    constexpr int size = 500'000;
    std::promise<std::pair<int, int>> seen;
    TlsBackend backend(files.server, [&seen](SSL* ssl, int) {
        std::vector<char> bytes(16'384);
        int all = 0;
        int got = 0;
        while ((got = SSL_read(ssl, bytes.data(), static_cast<int>(bytes.size()))) > 0) {
            all += got;
        }
        seen.set_value({all, SSL_get_error(ssl, got)});
    });
    use_tls(rig, backend, {.server_name = "app.internal", .ca_file = files.file("ca.pem")});
    PumpedVisitor visitor(rig.pair);
    visitor.send(size);
    CHECK(eventually([&] { return runtime::unacknowledged_bytes(visitor.socket.get()) == 0; }));
    runtime::reset_close(std::move(visitor.socket));
    const auto [all, error] = seen.get_future().get();
    CHECK(all == size);
    CHECK(error == SSL_ERROR_SYSCALL);
}

TEST_CASE("the PROXY header goes in the clear before TLS", "[dial][tls]") {
    Files files;
    DialRig rig;
    net::ProxyHeader header;
    header.source = address("192.0.2.7", 51'000);
    header.destination = address("127.0.0.1", 1);
    std::array<std::uint8_t, net::proxy_written_max> room;
    const std::size_t size = net::write_proxy_v2(header, room.data());
    TlsBackend backend(files.server, echo, size);
    use_tls(rig, backend, {.server_name = "app.internal", .ca_file = files.file("ca.pem")});
    rig.backend().proxy = net::ProxyVersion::v2;
    PumpedVisitor visitor(rig.pair, make_intrusive<Traffic>(), header.source);
    visitor.send("hello");
    CHECK(visitor.read(5) == "hello");
    (void)runtime::shutdown_send(visitor.socket.get());
    CHECK(visitor.read_to_end().second);
    backend.join();
    const auto read = net::read_proxy_header(as_bytes(backend.clear));
    CHECK(read.status == net::ProxyReading::Status::complete);
    CHECK(read.header.source == header.source);
}

TEST_CASE("a backend that is being dialled when its worker ends is let go of") {
    const DialShared shared{make_intrusive<Traffic>(), std::make_shared<SelfLoopDetector>(), null_logger()};
    const IntrusivePtr<Traffic> traffic = shared.traffic;
    runtime::Worker worker;
    worker.start();
    {
        TrunkOwner server(worker);
        TrunkOwner client(worker);
        auto [near, far] = tcp_pair();
        server.start(transport::make_tcp_pipe(std::move(near), transport::TcpPipeSide::server),
                     settings_of(mux::Role::server));
        client.start(transport::make_tcp_pipe(std::move(far), transport::TcpPipeSide::client),
                     settings_of(mux::Role::client));
        REQUIRE(client.opened.wait());
        REQUIRE(server.opened.wait());
        Signal dialling;
        on(worker, [&] {
            client.on_stream = [&](IntrusivePtr<mux::Stream> stream, const wire::Open&) {
                // A documentation address: nobody answers.
                auto mute = std::make_shared<ClientService>();
                mute->name = "mute";
                mute->backend.place.at = {"192.0.2.1", 9};
                dial_backend(worker, std::move(mute), std::move(stream), {}, shared);
                dialling.tell();
            };
            auto opened = server.trunk->session().open({1, wire::ServiceKind::tcp, {}, {}}, make_intrusive<NullWaker>(),
                                                       true, worker.now());
            REQUIRE(opened);
            server.trunk->session_changed();
        });
        REQUIRE(dialling.wait());
        worker.stop();
        worker.join();
        client.trunk->abandon();
        server.trunk->abandon();
        client.trunk.reset();
        server.trunk.reset();
        client.gone = server.gone = true;
    }
    CHECK(traffic->visitors_now.load() == 0);
}
