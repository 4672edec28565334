#include "backend/host_watch.hpp"

#include <exception>
#include <span>
#include <string_view>
#include <utility>

#include "backend/host_rejection.hpp"

namespace ferrotunnel::backend {
namespace {

class HostWatch final : public Tap {
public:
    HostWatch(std::shared_ptr<const ClientService> service, Logger& log) : service_(std::move(service)), log_(log) {}

    void set_inner(std::unique_ptr<Tap> inner) noexcept { inner_ = std::move(inner); }

    void to_backend(Bytes bytes, TimePoint now) noexcept override {
        if (inner_) {
            inner_->to_backend(bytes, now);
        }
    }
    void from_backend(Bytes bytes, TimePoint now) noexcept override {
        if (service_) {
            read(as_text(bytes));
        }
        if (inner_) {
            inner_->from_backend(bytes, now);
        }
    }
    void backend_ended(bool in_order, TimePoint now) noexcept override {
        if (inner_) {
            inner_->backend_ended(in_order, now);
        }
    }
    void not_reached(std::string_view why, std::span<const Bytes> waiting, TimePoint now) noexcept override {
        if (inner_) {
            inner_->not_reached(why, waiting, now);
        }
    }
    bool is_done() const noexcept override { return !service_ && !inner_; }
    void over(TimePoint now) noexcept override {
        if (inner_) {
            inner_->over(now);
        }
    }

private:
    void read(std::string_view bytes) noexcept {
        try {
            const HostRejection::Verdict verdict = answer_.read(bytes);
            if (verdict == HostRejection::Verdict::open) {
                return;
            }
            if (verdict == HostRejection::Verdict::rejected) {
                service_->host_rejection_log->rejected(service_->name, service_->backend.text, answer_, log_);
            }
        } catch (const std::exception&) {  // no memory: another connection will find out
        }
        service_.reset();
    }

    std::shared_ptr<const ClientService> service_;  // null if the result is known
    Logger& log_;
    HostRejection answer_;
    std::unique_ptr<Tap> inner_;
};

}  // namespace

std::unique_ptr<Tap> watch_host(const std::shared_ptr<const ClientService>& service, std::unique_ptr<Tap> inner,
                                Logger& log) noexcept {
    if (service->kind != wire::ServiceKind::http || !service->http.rules.host.empty()) {
        return inner;
    }
    try {
        auto watch = std::make_unique<HostWatch>(service, log);
        watch->set_inner(std::move(inner));
        return watch;
    } catch (const std::exception&) {
        return inner;
    }
}

}  // namespace ferrotunnel::backend
