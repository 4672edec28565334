// TLS towards visitors: what a handshake costs our end with few and with many hosts, what a host costs in memory, and
// what loading and looking for changes take.
//
//     bench_visitor_tls [HOSTS...]      10 1000 10000 by default; the last takes half a minute
#include <malloc.h>
#include <openssl/ssl.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/socket.hpp"
#include "runtime/system_random.hpp"
#include "transport/tls_pipe.hpp"
#include "transport/visitor_tls.hpp"
#include "unit/transport/made_certificates.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;

namespace {

namespace fs = std::filesystem;
constexpr int handshakes = 600;

double thread_us() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

CertificateStore::WallTime now(int hours_ahead = 0) {
    return std::chrono::system_clock::now() + std::chrono::hours(hours_ahead);
}

std::string host_of(std::size_t number) {
    return "host" + std::to_string(number) + ".example";
}

// Certificates as an authority gives them: with one intermediate certificate, which is the same for all.
fs::path make_folder(std::size_t hosts) {
    const test::Made root = test::make({.common_name = "root", .authority = true});
    const test::Made middle = test::make({.common_name = "middle", .issuer = &root, .authority = true});
    fs::path folder =
        fs::temp_directory_path() / ("ferrotunnel-bench-" + std::to_string(runtime::system_random().next()));
    fs::create_directory(folder);
    for (std::size_t i = 0; i < hosts; ++i) {
        const test::Made made = test::make({.alternative_names = "DNS:" + host_of(i), .issuer = &middle});
        test::put_file(folder / (host_of(i) + ".crt"), test::certificate_pem(made) + test::certificate_pem(middle));
        test::put_file(folder / (host_of(i) + ".key"), test::key_pem(made));
    }
    return folder;
}

// Our end's part of one handshake, in microseconds of this thread.
double handshake(const std::shared_ptr<TlsContext>& context, SSL_CTX* client_context, const std::string& host) {
    auto [left, right] = runtime::socket_pair();
    SslPtr client(SSL_new(client_context));
    SSL_set_fd(client.get(), left.get());
    SSL_set_connect_state(client.get());
    SSL_set_tlsext_host_name(client.get(), host.c_str());
    std::unique_ptr<Pipe> pipe = make_tls_pipe(std::move(right), context);
    std::string why;
    IoStatus status = IoStatus::would_block;
    double spent = 0;
    for (int i = 0; i < 20 && (SSL_is_init_finished(client.get()) == 0 || status != IoStatus::ok); ++i) {
        (void)SSL_do_handshake(client.get());
        const double before = thread_us();
        status = pipe->handshake(why);
        spent += thread_us() - before;
    }
    if (status != IoStatus::ok) {
        throw std::runtime_error("a handshake failed: " + why);
    }
    return spent;
}

double median_handshake(const std::shared_ptr<TlsContext>& context, int version, std::size_t hosts) {
    SslContextPtr client(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(client.get(), version);
    SSL_CTX_set_max_proto_version(client.get(), version);
    std::vector<double> all;
    for (std::size_t i = 0; i < handshakes; ++i) {
        all.push_back(handshake(context, client.get(), host_of(i * 7'919 % hosts)));
    }
    std::nth_element(all.begin(), all.begin() + handshakes / 2, all.end());
    return all[handshakes / 2];
}

void measure(std::size_t hosts) {
    const fs::path folder = make_folder(hosts);
    VisitorTlsSettings settings;
    settings.certificates.folders = {folder};
    CertificateReport report;
    ::malloc_trim(0);
    const std::size_t memory = ::mallinfo2().uordblks;
    double before = thread_us();
    auto tls = VisitorTls::make(settings, now(), report);
    const double load = thread_us() - before;
    const double bytes = static_cast<double>(::mallinfo2().uordblks - memory) / static_cast<double>(hosts);
    (void)tls->reload_if_changed(now(1));
    before = thread_us();
    (void)tls->reload_if_changed(now(2));
    const double look = thread_us() - before;
    std::printf("%8zu  %12.0f  %10.1f  %12.2f  %9.0f  %9.0f\n", hosts, bytes, load / 1e3, look / 1e3,
                median_handshake(tls->context(), TLS1_3_VERSION, hosts),
                median_handshake(tls->context(), TLS1_2_VERSION, hosts));
    fs::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::size_t> sizes;
    for (int i = 1; i < argc; ++i) {
        std::size_t hosts = 0;
        const char* end = argv[i] + std::strlen(argv[i]);
        if (std::from_chars(argv[i], end, hosts).ptr != end || hosts == 0) {
            std::fprintf(stderr, "usage: %s [HOSTS...]\n", argv[0]);
            return 2;
        }
        sizes.push_back(hosts);
    }
    if (sizes.empty()) {
        sizes = {10, 1'000, 10'000};
    }
    std::printf("   hosts  bytes a host     load ms  look again ms  TLS 1.3 us  TLS 1.2 us\n");
    for (std::size_t hosts : sizes) {
        measure(hosts);
    }
}
