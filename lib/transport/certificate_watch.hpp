// A thread that maintains a VisitorTls: it reads changed certificates and changes the ticket keys. Checking thousands
// of files takes milliseconds, which a worker must not spend.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "transport/visitor_tls.hpp"

namespace ferrotunnel::transport {

class CertificateWatch {
public:
    /// Starts the thread. `report` is called on it after each load that changed something; it must not throw.
    CertificateWatch(std::shared_ptr<VisitorTls> tls, Duration every,
                     std::function<void(const CertificateReport&)> report);
    /// Waits for a load that is in progress.
    ~CertificateWatch();
    CertificateWatch(const CertificateWatch&) = delete;
    CertificateWatch& operator=(const CertificateWatch&) = delete;

    /// Makes the thread check now, for example after a signal. Any thread; does not wait.
    void check_now();

private:
    void run();

    const std::shared_ptr<VisitorTls> tls_;
    const Duration every_;
    const std::function<void(const CertificateReport&)> report_;

    Mutex mutex_;
    ConditionVariable changed_;
    bool stop_ GUARDED_BY(mutex_) = false;
    bool check_requested_ GUARDED_BY(mutex_) = false;
    std::thread thread_;  // last, since it uses the others
};

}  // namespace ferrotunnel::transport
