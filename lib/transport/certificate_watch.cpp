#include "transport/certificate_watch.hpp"

#include <exception>
#include <utility>

namespace ferrotunnel::transport {

CertificateWatch::CertificateWatch(std::shared_ptr<VisitorTls> tls, Duration every,
                                   std::function<void(const CertificateReport&)> report)
    : tls_(std::move(tls)), every_(every), report_(std::move(report)), thread_([this] { run(); }) {}

CertificateWatch::~CertificateWatch() {
    {
        const MutexLock lock(mutex_);
        stop_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void CertificateWatch::check_now() {
    {
        const MutexLock lock(mutex_);
        check_requested_ = true;
    }
    changed_.notify_one();
}

void CertificateWatch::run() {
    ReleasableLock lock(mutex_);
    while (!stop_) {
        lock.unlock();
        try {
            tls_->rotate_ticket_keys(Clock::now());
            if (auto report = tls_->reload_if_changed(std::chrono::system_clock::now())) {
                report_(*report);
            }
        } catch (const std::exception&) {
            // Without memory or randomness the present state stays in force, and the next round tries again.
        }
        lock.lock();
        changed_.wait_for(lock, every_, [this]() REQUIRES(mutex_) { return stop_ || check_requested_; });
        check_requested_ = false;
    }
}

}  // namespace ferrotunnel::transport
