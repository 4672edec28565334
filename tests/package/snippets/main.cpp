// Runs the C++ of the documents, as far as possible as it stands there: against a server and a backend of its own, with
// coroutines on a thread of its own, and looks at what it prints and does.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <asio.hpp>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/config.hpp"
#include "ferrotunnel/credential.hpp"
#include "ferrotunnel/host_certificates.hpp"
#include "ferrotunnel/server.hpp"

namespace {

using namespace std::chrono_literals;
using Tcp = asio::ip::tcp;

constexpr auto patience = 30s;

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "snippets: %s\n", what.c_str());
    std::exit(1);
}

void must(bool holds, const std::string& what) {
    if (!holds) {
        fail(what);
    }
    std::printf("ok: %s\n", what.c_str());
}

/// What a block has printed; events come from another thread.
class Book {
public:
    void add(const std::string& text) {
        std::lock_guard lock(mutex_);
        text_ += text;
    }
    bool has(const std::string& text) {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (std::chrono::steady_clock::now() < until) {
            {
                std::lock_guard lock(mutex_);
                if (text_.find(text) != std::string::npos) {
                    text_.clear();
                    return true;
                }
            }
            std::this_thread::sleep_for(5ms);
        }
        std::fprintf(stderr, "printed was: %s\n", text_.c_str());
        return false;
    }

private:
    std::mutex mutex_;
    std::string text_;
};

/// Answers each connection's first bytes with "hello", and keeps them.
class Backend {
public:
    Backend() : acceptor_(io_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)), thread_([this] { run(); }) {}
    ~Backend() {
        io_.stop();
        thread_.join();
    }
    std::string address() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
    Book received;

private:
    void run() {
        asio::co_spawn(io_, accept(), asio::detached);
        io_.run();
    }
    asio::awaitable<void> accept() {
        while (true) {
            asio::co_spawn(io_, answer(co_await acceptor_.async_accept(asio::use_awaitable)), asio::detached);
        }
    }
    asio::awaitable<void> answer(Tcp::socket socket) {
        std::array<char, 256> bytes{};
        const std::size_t size = co_await socket.async_read_some(asio::buffer(bytes), asio::use_awaitable);
        received.add(std::string(bytes.data(), size));
        co_await asio::async_write(socket, asio::buffer("hello", 5), asio::use_awaitable);
    }

    asio::io_context io_;
    Tcp::acceptor acceptor_;
    std::thread thread_;
};

/// What the blocks meet: a folder with their files, a server, a backend.
class World {
public:
    explicit World(std::filesystem::path folder) : folder_(std::move(folder)) {
        for (const char* name : {"token", "alice.token", "bob.token"}) {
            write(name, ferrotunnel::Secret::generate());
        }
        server.emplace(ferrotunnel::Server::builder()
                           .bind("127.0.0.1:0")
                           .http_bind("127.0.0.1:0")
                           .tcp_bind("127.0.0.1")
                           .add_token(ferrotunnel::Secret::from_file(file("token")))
                           .build());
        server->start();
        std::ofstream(file("ferrotunnel.yml"))
            << "client:\n  server: " << server->client_endpoint() << "\n  token: file:token\n"
            << "  services:\n    - {tcp: 0, local: \"" << backend.address() << "\"}\n";
    }
    std::string file(const std::string& name) const { return (folder_ / name).string(); }

    Book printed;
    Backend backend;
    std::optional<ferrotunnel::Server> server;

private:
    void write(const std::string& name, const ferrotunnel::Secret& secret) const {
        std::ofstream(file(name)) << secret.reveal() << '\n';
        std::filesystem::permissions(file(name),
                                     std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }

    std::filesystem::path folder_;
};

World* world = nullptr;

/// A certificate for app.example.com, signed by itself, and its key, PEM.
std::pair<std::string, std::string> make_certificate() {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), key.get());
    X509_EXTENSION* const names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:app.example.com");
    X509_add_ext(made.get(), names, -1);
    X509_EXTENSION_free(names);
    X509_sign(made.get(), key.get(), EVP_sha256());
    const auto text_of = [](auto write) {
        const std::unique_ptr<BIO, decltype(&BIO_free_all)> into(BIO_new(BIO_s_mem()), &BIO_free_all);
        write(into.get());
        char* data = nullptr;
        const long size = BIO_get_mem_data(into.get(), &data);
        return std::string(data, static_cast<std::size_t>(size));
    };
    return {text_of([&](BIO* into) { PEM_write_bio_X509(into, made.get()); }), text_of([&](BIO* into) {
                PEM_write_bio_PrivateKey(into, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            })};
}

/// The store of an application: two certificates, "chain" with "key" and "next chain" with "next key".
std::string stored(const std::string& what) {
    static const auto one = make_certificate();
    static const auto next = make_certificate();
    static const std::map<std::string, std::string> store{
        {"chain", one.first}, {"key", one.second}, {"next chain", next.first}, {"next key", next.second}};
    const auto found = store.find(what);
    return found != store.end() ? found->second : std::string();
}

// --- what the blocks call ---

std::string server_address() {
    return world->server->client_endpoint();
}
std::string backend_address() {
    return world->backend.address();
}
std::string in_folder(const std::string& name) {
    return world->file(name.empty() ? "state" : name);
}
__attribute__((format(printf, 1, 2))) void say(const char* format, ...) {
    std::array<char, 65'536> text{};
    va_list values;
    va_start(values, format);
    std::vsnprintf(text.data(), text.size(), format, values);
    va_end(values);
    world->printed.add(text.data());
}
void press_enter() {}
/// Waits until the server has forgotten the clients of earlier blocks, so that the only port is this client's: the
/// server notices a client's end on a thread of its own.
void await_no_client() {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!world->server->tunnels().empty()) {
        if (std::chrono::steady_clock::now() > until) {
            fail("a client of an earlier block is still connected");
        }
        std::this_thread::sleep_for(5ms);
    }
}
ferrotunnel::Client connected_client() {
    await_no_client();
    auto client = ferrotunnel::Client::builder()
                      .server(server_address())
                      .token(ferrotunnel::Secret::from_file(in_folder("token")))
                      .build();
    client.start();
    return client;
}
void use(ferrotunnel::Client::Builder& builder) {
    auto client = builder.server(server_address()).token(ferrotunnel::Secret::from_file(in_folder("token"))).build();
    client.add(ferrotunnel::Tcp(0, backend_address(), "web"));
    client.start();
    must(world->printed.has("web is at 127.0.0.1:"), "a handler of events hears where a service is");
}
void use(ferrotunnel::Client& client, const std::vector<ferrotunnel::Service>& services) {
    must(!client.wait_ready(patience) && services.size() == 1, "the services of a file are offered");
}

#include "snippets.hpp"

/// Where the server lets visitors of its only TCP service in.
Tcp::endpoint public_endpoint() {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < until) {
        for (const ferrotunnel::TunnelInfo& tunnel : world->server->tunnels()) {
            for (const ferrotunnel::TunnelInfo::Service& service : tunnel.services) {
                const std::string port = service.endpoint.substr(service.endpoint.rfind(':') + 1);
                return {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(port))};
            }
        }
        std::this_thread::sleep_for(5ms);
    }
    fail("no service is there");
}

std::string echoed(const std::string& text) {
    asio::io_context io;
    Tcp::socket socket(io);
    socket.connect(public_endpoint());
    asio::write(socket, asio::buffer(text));
    socket.shutdown(Tcp::socket::shutdown_send);
    std::string answer;
    std::error_code error;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
}

/// What is answered to a datagram, which is sent again until it is.
std::string answered(std::uint16_t port, const std::string& question) {
    asio::io_context io;
    asio::ip::udp::socket socket(io, asio::ip::udp::v4());
    socket.connect({asio::ip::address_v4::loopback(), port});
    std::array<char, 256> bytes{};
    std::optional<std::size_t> size;
    socket.async_receive(asio::buffer(bytes), [&](std::error_code error, std::size_t n) {
        if (!error) {
            size = n;
        }
    });
    for (const auto until = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < until;) {
        socket.send(asio::buffer(question));
        io.run_for(500ms);
        if (size) {
            return {bytes.data(), *size};
        }
    }
    fail("no datagram has come");
}

/// Runs a coroutine while `action` does something with what it offers.
template <typename Make, typename Action>
void beside(Make make, Action action) {
    asio::io_context io;
    asio::co_spawn(io, make(), asio::detached);
    std::thread thread([&] { io.run(); });
    action();
    io.stop();
    thread.join();
}

void run() {
    must(block_1() == 0 && world->printed.has("visitors connect to 127.0.0.1:"),
         "a client prints where its visitors connect to");
    block_2();
    block_3();
    {
        ferrotunnel::Client client = connected_client();
        beside([&] { return serve(client); },
               [] { must(echoed("to and fro") == "to and fro", "a service in the program echoes"); });
    }
    {
        ferrotunnel::Client client = connected_client();
        beside([&] { return guard(client.listen(ferrotunnel::Tcp(0))); },
               [] { must(echoed("let in") == "let in", "a visitor is looked at before it is let in"); });
    }
    {
        ferrotunnel::Client client = connected_client();
        ferrotunnel::Service clock = serve_clock(client);
        must(!client.wait_ready(patience), "a service of datagrams is there");
        must(answered(clock.port(), "time?").find_first_not_of("0123456789") == std::string::npos,
             "datagrams are answered in the program");
    }
    block_4();
    {
        ferrotunnel::Client client = connected_client();
        client.add(ferrotunnel::Tcp::private_service("web", backend_address()));
        must(!client.wait_ready(patience), "a service without a port is there");
        beside([] { return ask(*world->server); },
               [] { must(world->backend.received.has("GET / HTTP/1.0\r\n\r\n"), "async_open reaches the backend"); });
        asio::io_context io;
        asio::co_spawn(io, try_for_a_second(*world->server), asio::detached);
        must(io.run_for(patience) > 0 && io.stopped(), "an open with a time of its own ends");
    }
    block_5();
    must(world->printed.has("credential: the private key does not belong to the certificate"),
         "a bad replacement of a certificate is refused");
    block_6();
    block_7();
    must(world->printed.has("server: "), "try_build tells its problems");
    ::setenv("FERROTUNNEL_TOKEN", std::string(ferrotunnel::Secret::from_file(in_folder("token")).reveal()).c_str(), 1);
    block_8();
    must(world->printed.has("\nshop_orders_total 42\n"), "an application's metrics stand behind ours");
    block_9();
    must(world->printed.has("127.0.0.1:"), "the README's client tells where its service is");
    block_10();
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 2) {
        fail("usage: run_snippets FOLDER");
    }
    std::filesystem::remove_all(argv[1]);
    std::filesystem::create_directories(argv[1]);
    World one(argv[1]);
    world = &one;
    run();
    world->server.reset();
    return 0;
} catch (const std::exception& problem) {
    fail(problem.what());
}
