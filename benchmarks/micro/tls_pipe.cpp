// One direction of bulk bytes between two threads over loopback TCP, by different ways to drive OpenSSL.
//
//     bench_tls_pipe [GiB for each measurement = 1] [rounds = 7]
//
// The ways take turns in each round, so that a change of the machine's speed meets all of them; medians are shown. CPU
// seconds are of both threads, user and kernel, for each 10^9 bytes.
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/socket.hpp"
#include "transport/openssl_ptr.hpp"
#include "transport/tcp_pipe.hpp"
#include "transport/tls_bio.hpp"
#include "transport/tls_context.hpp"
#include "transport/tls_pipe.hpp"

namespace {

using namespace ferrotunnel;
using namespace ferrotunnel::transport;

constexpr std::size_t slab = 64_KiB;
constexpr std::size_t batch = 4 * slab;  // what a trunk hands to its pipe at most

struct Figures {
    double gigabytes_per_second = 0;
    double cpu_seconds_per_gigabyte = 0;
};

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
}

void wait_for(int fd, short events) {
    pollfd entry{fd, events, 0};
    ::poll(&entry, 1, -1);
}

std::pair<runtime::Fd, runtime::Fd> tcp_pair() {
    std::error_code error;
    runtime::Fd listener = runtime::listen_on(*runtime::SocketAddress::from_ip("127.0.0.1", 0), error);
    runtime::Fd client = runtime::start_connect(runtime::local_address(listener.get()), error);
    wait_for(listener.get(), POLLIN);
    runtime::SocketAddress peer;
    runtime::Fd server = runtime::accept_from(listener.get(), peer, error);
    runtime::set_no_delay(client.get());
    runtime::set_no_delay(server.get());
    return {std::move(client), std::move(server)};
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Figures measure(std::size_t total, const std::function<void()>& send, const std::function<void()>& receive) {
    double cpu = cpu_seconds();
    auto start = std::chrono::steady_clock::now();
    std::thread sender(send);
    receive();
    sender.join();
    double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    double gigabytes = static_cast<double>(total) / 1e9;
    return {gigabytes / wall, (cpu_seconds() - cpu) / gigabytes};
}

std::shared_ptr<TlsContext> server_context() {
    static const auto context = TlsContext::make_server({});
    return context;
}
std::shared_ptr<TlsContext> client_context() {
    static const auto context = TlsContext::make_client({});
    return context;
}

// --- our pipes -----------------------------------------------------------------------------------------------------

void send_by_pipe(Pipe& pipe, std::size_t total) {
    std::vector<std::uint8_t> memory(batch, 7);
    std::size_t sent = 0;
    while (sent < total || pipe.has_pending()) {
        // What is left of a batch continues where it stopped, in slabs, as the trunk does.
        std::size_t begin = sent % batch;
        std::array<Bytes, 4> pieces;
        std::size_t count = 0;
        for (std::size_t at = begin; at < batch; ++count) {
            std::size_t end = (at / slab + 1) * slab;
            pieces[count] = Bytes(memory).subspan(at, end - at);
            at = end;
        }
        IoResult result =
            sent < total ? pipe.write(std::span<const Bytes>(pieces).first(count)) : IoResult{0, pipe.flush(), {}};
        sent += result.bytes;
        if (result.status == IoStatus::error) {
            give_up(pipe.error_text());
        }
        if (result.status == IoStatus::would_block) {
            wait_for(pipe.fd(), POLLOUT);
        }
    }
}

void receive_by_pipe(Pipe& pipe, std::size_t total) {
    std::vector<std::uint8_t> into(slab);
    std::size_t got = 0;
    while (got < total) {
        IoResult result = pipe.read(into);
        got += result.bytes;
        if (result.status == IoStatus::error || result.status == IoStatus::eof) {
            give_up(pipe.error_text());
        }
        if (result.status == IoStatus::would_block && got < total) {
            wait_for(pipe.fd(), POLLIN);
        }
    }
}

Figures by_pipe(std::size_t total, std::unique_ptr<Pipe> client, std::unique_ptr<Pipe> server) {
    std::string why;
    for (bool ready = false; !ready;) {
        IoStatus ours = client->handshake(why);
        IoStatus theirs = server->handshake(why);
        ready = ours == IoStatus::ok && theirs == IoStatus::ok;
    }
    return measure(
        total, [&] { send_by_pipe(*client, total); }, [&] { receive_by_pipe(*server, total); });
}

Figures by_plain_pipe(std::size_t total) {
    auto [left, right] = tcp_pair();
    return by_pipe(total, make_tcp_pipe(std::move(left), TcpPipeSide::client),
                   make_tcp_pipe(std::move(right), TcpPipeSide::client));
}

Figures by_tls_pipe(std::size_t total, std::size_t records_per_send) {
    auto [left, right] = tcp_pair();
    return by_pipe(total, make_tls_pipe(std::move(left), client_context(), {records_per_send}),
                   make_tls_pipe(std::move(right), server_context(), {records_per_send}));
}

// As by_tls_pipe, but without our large read buffer: one recv for each header and each body.
Figures by_tls_pipe_without_read_ahead(std::size_t total) {
    static const auto server = [] {
        auto context = TlsContext::make_server({});
        SSL_CTX_set_read_ahead(context->native(), 0);
        return context;
    }();
    auto [left, right] = tcp_pair();
    return by_pipe(total, make_tls_pipe(std::move(left), client_context()), make_tls_pipe(std::move(right), server));
}

// --- memory BIOs ---------------------------------------------------------------------------------------------------

class MemoryEnd {
public:
    MemoryEnd(runtime::Fd fd, TlsContext& context) : fd_(std::move(fd)), ssl_(SSL_new(context.native())) {
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl_.get(), in_, out_);
        context.is_server() ? SSL_set_accept_state(ssl_.get()) : SSL_set_connect_state(ssl_.get());
    }

    bool handshake() {
        bool done = SSL_do_handshake(ssl_.get()) == 1;
        send_out();
        if (!done) {
            receive_some();
        }
        return done;
    }

    void send(std::size_t total, std::size_t records_per_send) {
        std::vector<std::uint8_t> memory(batch, 7);
        for (std::size_t sent = 0; sent < total;) {
            for (std::size_t i = 0; i < records_per_send; ++i) {
                std::size_t written = 0;
                SSL_write_ex(ssl_.get(), memory.data() + sent % batch, tls_record_plain_max, &written);
                sent += written;
            }
            send_out();
        }
    }

    void receive(std::size_t total) {
        std::vector<std::uint8_t> into(slab);
        for (std::size_t got = 0; got < total;) {
            std::size_t count = 0;
            if (SSL_read_ex(ssl_.get(), into.data(), into.size(), &count) == 1) {
                got += count;
            } else if (!receive_some()) {
                wait_for(fd_.get(), POLLIN);
            }
        }
    }

private:
    void send_out() {
        char* data = nullptr;
        auto size = static_cast<std::size_t>(BIO_get_mem_data(out_, &data));
        Bytes rest(reinterpret_cast<const std::uint8_t*>(data), size);
        while (!rest.empty()) {
            IoResult result = runtime::write_some(fd_.get(), rest);
            rest = rest.subspan(result.bytes);
            if (result.status == IoStatus::would_block) {
                wait_for(fd_.get(), POLLOUT);
            }
        }
        (void)BIO_reset(out_);
    }

    bool receive_some() {
        IoResult result = runtime::read_some(fd_.get(), MutableBytes(raw_));
        BIO_write(in_, raw_.data(), static_cast<int>(result.bytes));
        return result.bytes > 0;
    }

    runtime::Fd fd_;
    SslPtr ssl_;
    BIO* in_ = nullptr;
    BIO* out_ = nullptr;
    std::vector<std::uint8_t> raw_ = std::vector<std::uint8_t>(slab + 1024);
};

Figures by_memory_bios(std::size_t total, std::size_t records_per_send) {
    auto [left, right] = tcp_pair();
    MemoryEnd client(std::move(left), *client_context());
    MemoryEnd server(std::move(right), *server_context());
    for (bool ours = false, theirs = false; !ours || !theirs;) {
        ours = client.handshake() || ours;
        theirs = server.handshake() || theirs;
    }
    return measure(
        total, [&] { client.send(total, records_per_send); }, [&] { server.receive(total); });
}

// --- asio::ssl::stream, blocking: even without the cost of its handlers ----------------------------------------------

Figures by_asio(std::size_t total, bool several_buffers) {
    auto [left, right] = tcp_pair();
    asio::io_context io;
    SSL_CTX_up_ref(client_context()->native());
    SSL_CTX_up_ref(server_context()->native());
    asio::ssl::context client_side(client_context()->native());
    asio::ssl::context server_side(server_context()->native());
    asio::ssl::stream<asio::ip::tcp::socket> client(asio::ip::tcp::socket(io, asio::ip::tcp::v4(), left.release()),
                                                    client_side);
    asio::ssl::stream<asio::ip::tcp::socket> server(asio::ip::tcp::socket(io, asio::ip::tcp::v4(), right.release()),
                                                    server_side);
    client.next_layer().non_blocking(false);
    server.next_layer().non_blocking(false);
    client.next_layer().native_non_blocking(false);
    server.next_layer().native_non_blocking(false);
    std::thread shaking([&] { client.handshake(asio::ssl::stream_base::client); });
    server.handshake(asio::ssl::stream_base::server);
    shaking.join();

    auto send = [&] {
        std::vector<std::uint8_t> memory(batch, 7);
        std::vector<asio::const_buffer> frames;
        for (std::size_t at = 0; at < slab; at += 16_KiB) {
            frames.emplace_back(memory.data() + at, 16_KiB);
        }
        for (std::size_t sent = 0; sent < total;) {
            sent += several_buffers ? client.write_some(frames)
                                    : client.write_some(asio::buffer(memory.data() + sent % slab, slab - sent % slab));
        }
    };
    auto receive = [&] {
        std::vector<std::uint8_t> into(slab);
        for (std::size_t got = 0; got < total;) {
            got += server.read_some(asio::buffer(into));
        }
    };
    return measure(total, send, receive);
}

// --- the table -----------------------------------------------------------------------------------------------------

struct Way {
    std::string name;
    std::function<Figures(std::size_t)> run;
    std::vector<Figures> results;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

int main(int count, char** arguments) {
    std::size_t total = (count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 1) << 30;
    int rounds = count > 2 ? std::atoi(arguments[2]) : 7;
    std::vector<Way> ways;
    ways.push_back({"plain, gathered sends", by_plain_pipe, {}});
    ways.push_back({"asio::ssl::stream, one buffer", [](std::size_t n) { return by_asio(n, false); }, {}});
    ways.push_back({"asio::ssl::stream, 4 buffers", [](std::size_t n) { return by_asio(n, true); }, {}});
    for (std::size_t records : {1, 4}) {
        ways.push_back({"memory BIOs, " + std::to_string(records) + " records a send",
                        [records](std::size_t n) { return by_memory_bios(n, records); },
                        {}});
    }
    for (std::size_t records : {1, 2, 4, 8}) {
        ways.push_back({"own BIO, " + std::to_string(records) + " records a send",
                        [records](std::size_t n) { return by_tls_pipe(n, records); },
                        {}});
    }
    ways.push_back({"own BIO, 4 records, no read-ahead", by_tls_pipe_without_read_ahead, {}});

    for (int round = 0; round < rounds; ++round) {
        for (Way& way : ways) {
            way.results.push_back(way.run(total));
        }
    }
    std::printf("%-36s %10s %10s %14s\n", "", "GB/s", "best", "CPU s per GB");
    for (const Way& way : ways) {
        std::vector<double> rates;
        std::vector<double> costs;
        for (const Figures& figures : way.results) {
            rates.push_back(figures.gigabytes_per_second);
            costs.push_back(figures.cpu_seconds_per_gigabyte);
        }
        std::printf("%-36s %10.2f %10.2f %14.3f\n", way.name.c_str(), median(rates),
                    *std::max_element(rates.begin(), rates.end()), median(costs));
    }
    return 0;
}
