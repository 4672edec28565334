#include "backend/health_probe.hpp"

#include <array>
#include <exception>
#include <utility>

#include "runtime/socket.hpp"
#include "runtime/worker.hpp"
#include "transport/tcp_pipe.hpp"
#include "transport/tls_pipe.hpp"

namespace ferrotunnel::backend {

using transport::IoStatus;

namespace {

// The PROXY header declares a connection without a visitor. A new socket has room for it.
bool send_header_of_check(net::ProxyVersion version, int fd) {
    net::ProxyHeader header;
    header.local = true;
    std::array<std::uint8_t, net::proxy_written_max> bytes;
    const std::size_t size = version == net::ProxyVersion::v1 ? net::write_proxy_v1(header, bytes.data())
                                                              : net::write_proxy_v2(header, bytes.data());
    return runtime::write_some(fd, Bytes(bytes.data(), size)).bytes == size;
}

}  // namespace

// The connection begins in a later round, so that `done` is never called by the constructor.
HealthProbe::HealthProbe(runtime::Worker& worker, const Backend& backend, const HealthCheckSettings& terms, Done done)
    : worker_(worker),
      backend_(backend),
      terms_(terms),
      done_(std::move(done)),
      timer_(worker,
             [this] {
                 if (!std::exchange(begun_, true)) {
                     connect();
                 } else {
                     finish("no response in time");
                 }
             }),
      answer_(terms) {
    check_here(worker_);
    timer_.set(worker.now());
}

HealthProbe::~HealthProbe() {
    close();
}

void HealthProbe::connect() {
    timer_.set_after(terms_.timeout);
    auto connected = [this](std::error_code error, runtime::Fd socket) { on_connected(error, std::move(socket)); };
    runtime::Connector::Options options;
    options.deadline = terms_.timeout;
    const BackendAddress& place = backend_.place;
    connector_ = place.unix_path.empty()
                     ? std::make_unique<runtime::Connector>(worker_, place.at, std::move(connected), options)
                     : std::make_unique<runtime::Connector>(worker_, runtime::UnixPath{place.unix_path},
                                                            std::move(connected), options);
    if (runtime::Fd socket = connector_->take_connected()) {
        on_connected({}, std::move(socket));
    }
}

void HealthProbe::on_connected(std::error_code error, runtime::Fd socket) {
    if (error) {
        finish(error == std::errc::timed_out ? "no connection in time" : error.message());
        return;
    }
    if (backend_.proxy && !send_header_of_check(*backend_.proxy, socket.get())) {
        finish("the backend does not read the PROXY protocol header");
        return;
    }
    switch (terms_.kind) {
        case HealthCheck::Kind::off:
        case HealthCheck::Kind::tcp:
            finish({});
            return;
        case HealthCheck::Kind::http:
            break;
    }
    pipe_ = backend_.tls ? transport::make_tls_pipe(std::move(socket), backend_.tls)
                         : transport::make_tcp_pipe(std::move(socket), transport::TcpPipeSide::visitor);
    try {
        worker_.poller().add(pipe_->fd(), *this);  // the first event starts it
    } catch (const std::exception& why) {
        pipe_.reset();
        finish(why.what());
    }
}

void HealthProbe::on_events(std::uint32_t) noexcept try { step(); } catch (const std::exception&) {
    close();  // no memory: the check fails when its time is over
}

void HealthProbe::step() {
    if (!request_sent_ && !send_request()) {
        return;
    }
    if (pipe_->has_pending() && pipe_->flush() == IoStatus::error) {
        finish(pipe_->error_text());
        return;
    }
    read();
}

// Performs the handshake, and sends the request. False if this is not finished yet, or has failed.
bool HealthProbe::send_request() {
    std::string why;
    switch (pipe_->handshake(why)) {
        case IoStatus::ok:
            break;
        case IoStatus::would_block:
            return false;
        case IoStatus::eof:
        case IoStatus::error:
            finish(why);
            return false;
    }
    request_sent_ = true;
    const std::string request = health_request(terms_);
    const Bytes pieces[] = {Bytes(reinterpret_cast<const std::uint8_t*>(request.data()), request.size())};
    const transport::IoResult written = pipe_->write(pieces);
    if (written.bytes != request.size()) {  // a new connection has room for it
        finish(written.status == IoStatus::error ? pipe_->error_text() : "the backend does not read the request");
        return false;
    }
    return true;
}

void HealthProbe::read() {
    std::array<std::uint8_t, 4096> bytes;
    for (;;) {
        const transport::IoResult got = pipe_->read(bytes);
        if (got.bytes != 0) {
            const auto verdict = answer_.take({reinterpret_cast<const char*>(bytes.data()), got.bytes});
            if (verdict != HealthAnswer::Verdict::more) {
                take(verdict);
                return;
            }
        }
        if (got.status == IoStatus::eof) {
            take(answer_.end());
            return;
        }
        if (got.status == IoStatus::error) {
            finish(pipe_->error_text());
            return;
        }
        if (got.status == IoStatus::would_block) {
            return;
        }
    }
}

void HealthProbe::take(HealthAnswer::Verdict verdict) {
    finish(verdict == HealthAnswer::Verdict::healthy ? std::string() : answer_.why());
}

void HealthProbe::close() noexcept {
    connector_.reset();
    if (pipe_) {
        worker_.poller().remove(pipe_->fd(), *this);
        pipe_.reset();
    }
}

void HealthProbe::finish(const std::string& why) {
    timer_.cancel();
    const Done done = std::move(done_);
    close();
    done(why);
}

}  // namespace ferrotunnel::backend
