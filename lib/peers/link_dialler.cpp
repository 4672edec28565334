#include "peers/link_dialler.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace ferrotunnel::peers {
namespace {

session::Backoff::Settings backoff_of(const LinkSettings& link) {
    session::Backoff::Settings settings;
    settings.first = link.retry_first;
    settings.max = link.retry_max;
    settings.quick_retries = 0;
    return settings;
}

}  // namespace

LinkDialler::LinkDialler(Settings settings, Needs needs)
    : settings_(std::move(settings)),
      needs_(std::move(needs)),
      backoff_(needs_.context.random, backoff_of(needs_.context.settings)) {}

void LinkDialler::start() {
    check_here(needs_.worker);
    if (!stopped_ && !timer_) {
        timer_.emplace(needs_.worker, [this] { connect(); });
        if (settings_.kind == LinkKind::call) {
            timer_->set_after(needs_.context.settings.call_after);
        } else {
            connect();
        }
    }
}

void LinkDialler::set_address(const net::HostPort& address) {
    check_here(needs_.worker);
    if (address != settings_.address) {
        settings_.address = address;
        connector_.reset();
        dial_by(std::max(needs_.worker.now(), attempted_ + limits::link_redial_min));
    }
}

void LinkDialler::on_reached() {
    check_here(needs_.worker);
    if (!connector_ && link_.expired()) {
        backoff_.start_over();
        const Duration spread = limits::link_reached_spread;
        const Duration wait(needs_.context.random.below(static_cast<std::uint64_t>(spread.count())));
        dial_by(std::max(needs_.worker.now() + wait, attempted_ + spread));
    }
}

// An attempt that was to be made earlier stays.
void LinkDialler::dial_by(TimePoint when) noexcept {
    if (timer_ && link_.expired()) {
        timer_->set(std::min(timer_->deadline(), when));
    }
}

void LinkDialler::stop() noexcept {
    check_here(needs_.worker);
    stopped_ = true;
    timer_.reset();
    connector_.reset();
}

void LinkDialler::on_link_gone(const Link& link, bool was_open) {
    check_here(needs_.worker);
    const std::shared_ptr<Link> own = link_.lock();
    if (own.get() != &link) {
        return;
    }
    link_.reset();
    if (was_open) {
        backoff_.session_ended(needs_.worker.now() - began_);
    }
    retry();
}

void LinkDialler::retry() {
    if (!stopped_ && settings_.kind != LinkKind::call) {
        timer_->set_after(backoff_.next_wait());
    }
}

void LinkDialler::connect() noexcept {
    attempted_ = needs_.worker.now();
    try {
        if (!needs_.is_wanted()) {
            return;
        }
        runtime::Connector::Options options;
        options.deadline = needs_.context.settings.proof;
        connector_.emplace(
            needs_.worker, settings_.address,
            [this](std::error_code error, runtime::Fd socket) { connected(error, std::move(socket)); }, options);
        if (runtime::Fd socket = connector_->take_connected()) {
            connected({}, std::move(socket));
        }
    } catch (const std::exception&) {  // no memory: later
        retry();
    }
}

void LinkDialler::connected(std::error_code error, runtime::Fd socket) {
    connector_.reset();
    try {
        if (!error) {
            use(std::move(socket));
            return;
        }
        needs_.failed(error.message());
    } catch (const std::exception&) {  // no memory: later
    }
    retry();
}

void LinkDialler::use(runtime::Fd socket) {
    const std::shared_ptr<transport::TlsContext> tls = needs_.tls();
    if (!tls) {
        return;
    }
    began_ = needs_.worker.now();
    auto link = std::make_shared<Link>(needs_.context, needs_.worker, settings_.peer, settings_.kind);
    link_ = link;
    if (needs_.made(link)) {
        link->start(std::move(socket), tls);
    }
}

}  // namespace ferrotunnel::peers
