#include "ferrotunnel/stream.hpp"

#include <algorithm>
#include <asio/error.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/address_v6.hpp>
#include <asio/system_executor.hpp>

#include "api/stream_core.hpp"

namespace ferrotunnel {

namespace detail {
namespace {

std::optional<asio::ip::tcp::endpoint> endpoint_of(const net::Address& address) noexcept {
    if (address.family == 4) {
        asio::ip::address_v4::bytes_type bytes;
        std::copy_n(address.bytes.begin(), bytes.size(), bytes.begin());
        return asio::ip::tcp::endpoint(asio::ip::address_v4(bytes), address.port);
    }
    if (address.family == 6) {
        asio::ip::address_v6::bytes_type bytes;
        std::copy_n(address.bytes.begin(), bytes.size(), bytes.begin());
        return asio::ip::tcp::endpoint(asio::ip::address_v6(bytes), address.port);
    }
    return std::nullopt;
}

}  // namespace

VisitorInfo visitor_info(const StreamOrigin& origin) {
    VisitorInfo info;
    info.kind = origin.kind == wire::ServiceKind::http  ? VisitorInfo::Kind::http
                : origin.kind == wire::ServiceKind::tls ? VisitorInfo::Kind::tls
                : origin.kind == wire::ServiceKind::udp ? VisitorInfo::Kind::udp
                                                        : VisitorInfo::Kind::tcp;
    if (origin.service) {
        info.service = origin.service->name();
        info.endpoint = origin.service->view().endpoint;
    }
    info.address = endpoint_of(origin.visitor);
    info.host = origin.host;
    return info;
}

StreamRef::StreamRef(const StreamRef& other) noexcept : core_(other.core_) {
    if (core_ != nullptr) {
        core_->add_ref();
    }
}

StreamRef::~StreamRef() {
    if (core_ != nullptr) {
        core_->release();
    }
}

std::uint64_t StreamRef::new_serial() const noexcept {
    return core_->new_serial();
}

void StreamRef::start_read(ReadOperation* operation) const noexcept {
    core_->start_read(operation);
}

void StreamRef::start_write(WriteOperation* operation) const noexcept {
    core_->start_write(operation);
}

void StreamRef::cancel_read(std::uint64_t serial) const noexcept {
    core_->cancel_read(serial);
}

void StreamRef::cancel_write(std::uint64_t serial) const noexcept {
    core_->cancel_write(serial);
}

}  // namespace detail

Stream& Stream::operator=(Stream&& other) noexcept {
    if (this != &other) {
        if (core_) {
            core_.get()->drop();
        }
        core_ = std::move(other.core_);
        executor_ = other.executor_;
    }
    return *this;
}

Stream::~Stream() {
    if (core_) {
        core_.get()->drop();
    }
}

bool Stream::is_open() const noexcept {
    return core_ && !core_.get()->closed();
}

void Stream::shutdown_send() {
    std::error_code ec;
    shutdown_send(ec);
    if (ec) {
        throw std::system_error(ec, "shutdown_send");
    }
}

void Stream::shutdown_send(std::error_code& ec) noexcept {
    ec = core_ ? core_.get()->shutdown_send() : asio::error::make_error_code(asio::error::bad_descriptor);
}

void Stream::reset() noexcept {
    if (core_) {
        core_.get()->reset();
    }
}

void Stream::close() noexcept {
    if (core_) {
        core_.get()->close();
    }
}

Stream::endpoint_type Stream::remote_endpoint() const {
    std::error_code ec;
    endpoint_type endpoint = remote_endpoint(ec);
    if (ec) {
        throw std::system_error(ec, "remote_endpoint");
    }
    return endpoint;
}

Stream::endpoint_type Stream::remote_endpoint(std::error_code& ec) const noexcept {
    if (!core_) {
        ec = asio::error::bad_descriptor;
        return {};
    }
    const auto address = detail::endpoint_of(core_.get()->origin().visitor);
    ec = address ? std::error_code() : std::make_error_code(std::errc::address_not_available);
    return address.value_or(endpoint_type());
}

VisitorInfo Stream::visitor() const {
    return core_ ? detail::visitor_info(core_.get()->origin()) : VisitorInfo();
}

Stream::executor_type Stream::usable_executor() const {
    return executor_ ? executor_ : executor_type(asio::system_executor());
}

}  // namespace ferrotunnel
