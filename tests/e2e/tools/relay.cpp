// A man in the middle between client and server: relays connections, records what the client says, and can end TLS with
// a certificate of its own on either side.
//
//   relay PORT-FILE HOST:PORT [record:FILE] [listen-tls:CERTIFICATE,KEY] [connect-tls] [cut:FILE] [port:PORT]
//
// With cut:FILE connection N is reset on both sides as soon as there is a file FILE.N.
// Prints "connection=N up=BYTES down=BYTES" at the end of each connection.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "socket.hpp"

namespace {

using namespace e2e;

constexpr std::array<unsigned char, 14> alpn{13, 'f', 'e', 'r', 'r', 'o', 't', 'u', 'n', 'n', 'e', 'l', '/', '1'};

struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeSsl>;

// One of the two connections, with TLS or without.
class Side {
public:
    Side(Socket socket, SSL_CTX* context, bool accepts) : socket_(std::move(socket)) {
        if (context != nullptr) {
            ssl_.reset(SSL_new(context));
            SSL_set_fd(ssl_.get(), socket_.get());
            open_ = (accepts ? SSL_accept(ssl_.get()) : SSL_connect(ssl_.get())) == 1;
        }
        set_nonblocking(socket_);
    }

    bool is_open() const { return open_; }
    const Socket& socket() const { return socket_; }
    bool has_pending() const { return ssl_ && SSL_pending(ssl_.get()) > 0; }

    /// The number of bytes; 0 when there are none now; std::nullopt when the connection has ended.
    std::optional<std::size_t> read(std::array<char, 65536>& into) {
        const int size = static_cast<int>(into.size());
        if (ssl_) {
            const int n = SSL_read(ssl_.get(), into.data(), size);
            if (n > 0) {
                return static_cast<std::size_t>(n);
            }
            return SSL_get_error(ssl_.get(), n) == SSL_ERROR_WANT_READ ? std::optional<std::size_t>(0) : std::nullopt;
        }
        const ssize_t n = ::recv(socket_.get(), into.data(), into.size(), 0);
        if (n > 0) {
            return static_cast<std::size_t>(n);
        }
        return n < 0 && errno == EAGAIN ? std::optional<std::size_t>(0) : std::nullopt;
    }

    bool write(const char* data, std::size_t size) {
        while (size > 0) {
            const int n = ssl_ ? SSL_write(ssl_.get(), data, static_cast<int>(size))
                               : static_cast<int>(::send(socket_.get(), data, size, MSG_NOSIGNAL));
            const bool again =
                ssl_ ? n <= 0 && SSL_get_error(ssl_.get(), n) == SSL_ERROR_WANT_WRITE : n < 0 && errno == EAGAIN;
            if (again) {
                (void)wait_for(socket_, POLLOUT, 1000);
            } else if (n <= 0) {
                return false;
            } else {
                data += n;
                size -= static_cast<std::size_t>(n);
            }
        }
        return true;
    }

private:
    Socket socket_;
    std::unique_ptr<SSL, FreeSsl> ssl_;
    bool open_ = true;
};

struct Settings {
    Address to;
    std::string record;
    std::string cut;
    std::uint16_t port = 0;  // 0: the system chooses
    Context listen_tls;
    Context connect_tls;
};

// True while the connection continues.
bool relay_once(Side& from, Side& to, std::size_t& count, std::FILE* record) {
    std::array<char, 65536> buffer;
    const std::optional<std::size_t> n = from.read(buffer);
    if (!n) {
        return false;
    }
    if (record != nullptr && *n > 0) {
        (void)std::fwrite(buffer.data(), 1, *n, record);
        (void)std::fflush(record);
    }
    count += *n;
    return to.write(buffer.data(), *n);
}

void reset_at_end(const Socket& socket) {
    const linger at_once{1, 0};
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void relay(Socket accepted, const Settings& settings, int number) {
    Side client(std::move(accepted), settings.listen_tls.get(), true);
    Socket connected = try_connect(settings.to);
    std::size_t up = 0;
    std::size_t down = 0;
    if (client.is_open() && connected.is_open()) {
        Side server(std::move(connected), settings.connect_tls.get(), false);
        const std::string path = settings.record.empty() ? "/dev/null" : settings.record + std::to_string(number);
        std::FILE* record = std::fopen(path.c_str(), "wbe");
        const std::string cut = settings.cut + '.' + std::to_string(number);
        const int look_every = settings.cut.empty() ? -1 : 20;
        bool goes_on = server.is_open();
        while (goes_on) {
            if (look_every > 0 && ::access(cut.c_str(), F_OK) == 0) {
                reset_at_end(client.socket());
                reset_at_end(server.socket());
                break;
            }
            std::array<pollfd, 2> wanted{{{client.socket().get(), POLLIN, 0}, {server.socket().get(), POLLIN, 0}}};
            if (!client.has_pending() && !server.has_pending()) {
                (void)::poll(wanted.data(), wanted.size(), look_every);
            }
            goes_on = relay_once(client, server, up, record) && relay_once(server, client, down, nullptr);
        }
        std::fclose(record);
    }
    std::printf("connection=%d up=%zu down=%zu\n", number, up, down);
    std::fflush(stdout);
}

Context listening_context(const std::string& files) {
    const std::size_t comma = files.find(',');
    Context context(SSL_CTX_new(TLS_server_method()));
    if (comma == std::string::npos ||
        SSL_CTX_use_certificate_chain_file(context.get(), files.substr(0, comma).c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context.get(), files.substr(comma + 1).c_str(), SSL_FILETYPE_PEM) != 1) {
        die("no certificate and key: " + files);
    }
    SSL_CTX_set_num_tickets(context.get(), 0);
    SSL_CTX_set_alpn_select_cb(
        context.get(),
        [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned, void*) {
            *out = alpn.data() + 1;
            *size = alpn[0];
            return SSL_TLSEXT_ERR_OK;
        },
        nullptr);
    return context;
}

Settings parse(const std::vector<std::string>& words) {
    Settings settings;
    settings.to = parse_address(words[1]);
    for (std::size_t i = 2; i < words.size(); ++i) {
        if (words[i].starts_with("record:")) {
            settings.record = words[i].substr(7);
        } else if (words[i].starts_with("cut:")) {
            settings.cut = words[i].substr(4);
        } else if (words[i].starts_with("port:")) {
            settings.port = static_cast<std::uint16_t>(parse_number(words[i].substr(5)));
        } else if (words[i].starts_with("listen-tls:")) {
            settings.listen_tls = listening_context(words[i].substr(11));
        } else if (words[i] == "connect-tls") {
            settings.connect_tls.reset(SSL_CTX_new(TLS_client_method()));
            SSL_CTX_set_alpn_protos(settings.connect_tls.get(), alpn.data(), static_cast<unsigned>(alpn.size()));
        } else {
            die("no such option: " + words[i]);
        }
    }
    return settings;
}

}  // namespace

int main(int argc, char** argv) {
    ::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() < 2) {
        die("usage: relay PORT-FILE HOST:PORT [record:FILE] [listen-tls:CERTIFICATE,KEY] [connect-tls] [cut:FILE] "
            "[port:PORT]");
    }
    const Settings settings = parse(words);
    const Socket listener = listen_on({"127.0.0.1", settings.port});
    write_file(words[0], std::to_string(port_of(listener)));
    std::vector<std::thread> threads;
    for (int number = 1;; ++number) {
        Socket accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!accepted.is_open()) {
            die_errno("accept");
        }
        threads.emplace_back([socket = std::move(accepted), &settings, number]() mutable {
            relay(std::move(socket), settings, number);
        });
    }
}
