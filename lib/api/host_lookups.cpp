#include "api/host_lookups.hpp"

#include <exception>
#include <new>
#include <utility>

#include "api/host_lookup_call.hpp"
#include "ferrotunnel/error.hpp"
#include "ingress/limits.hpp"
#include "plugin/control_call.hpp"
#include "transport/certificate_names.hpp"

namespace ferrotunnel::detail {

// --- the application's side ---

void HostCertificateHandler::forget(const std::string& host) {
    const MutexLock lock(mutex_);
    for (HostLookups* user : users_) {
        user->forget(host);
    }
}

void HostCertificateHandler::enter(HostLookups& user) {
    const MutexLock lock(mutex_);
    users_.push_back(&user);
}

void HostCertificateHandler::leave(HostLookups& user) {
    const MutexLock lock(mutex_);
    std::erase(users_, &user);
}

// --- the server's side ---

HostLookups::HostLookups(Needs needs)
    : needs_(std::move(needs)), core_(std::make_shared<Core>(needs_.handler->times)), thread_([this] { run(); }) {
    needs_.handler->enter(*this);
}

HostLookups::~HostLookups() {
    stop();
}

void HostLookups::stop() {
    if (thread_.joinable()) {
        needs_.handler->leave(*this);
        core_->stop();
        thread_.join();
    }
}

std::shared_ptr<const transport::LoadedCertificate> HostLookups::find(std::string_view host) {
    return core_->find(host);
}

bool HostLookups::needs(const std::string& host) {
    return core_->is_unknown(host) && needs_.use_of(host) != HostUse::unknown;
}

void HostLookups::wait(const std::string& host, std::function<void()> ready) {
    if (!core_->ask(host, needs_.use_of(host), ready)) {
        ready();
    }
}

void HostLookups::offered(const std::string& host) {
    (void)core_->ask(host, HostUse::exact, {});
}

void HostLookups::forget(const std::string& host) {
    core_->forget(host);
}

void HostLookups::run() {
    Core::Work work;
    while (core_->next(work)) {
        for (const Core::Failure& failure : work.failures) {
            static constexpr LogCategory failed{"host_certificate"};
            if (needs_.log.may_write(LogLevel::warn, failed, Clock::now())) {
                needs_.log.warn("the application has given no certificate for a host",
                                {{"host", failure.host}, {"why", failure.why}});
            }
        }
        if (work.has_change && needs_.on_change) {
            needs_.on_change();
        }
        if (work.due) {
            call(work.due->host, work.due->id);
        }
    }
}

void HostLookups::call(const std::string& host, std::uint64_t id) {
    const auto answer = std::make_shared<HostLookupCall>(core_, host, id);
    const plugin::ControlCall marks_thread;
    try {
        needs_.handler->call(host, CertificateAnswer(answer));
    } catch (const std::exception& problem) {
        answer->settle({nullptr, std::string("the handler threw an exception: ") + problem.what()});
    } catch (...) {
        answer->settle({nullptr, "the handler threw an exception"});
    }
}

// --- answers ---

HostLookupCall::~HostLookupCall() {
    settle({nullptr, "the handler destroyed its answer without using it"});
}

void HostLookupCall::settle(HostLookups::Core::Answer answer) noexcept {
    const std::shared_ptr<HostLookups::Core> core = core_.lock();
    if (!core || has_answer_.exchange(true)) {
        return;
    }
    try {
        core->settle(host_, id_, std::move(answer));
    } catch (const std::bad_alloc&) {
        // The call ends at its deadline.
    }
}

void HostLookupCall::use(const Credential& credential) noexcept try {
    if (credential.empty()) {
        settle({});
        return;
    }
    const std::shared_ptr<const transport::LoadedCertificate> present = credential.state()->current();
    if (const std::string fault = transport::date_fault(*present, std::chrono::system_clock::now()); !fault.empty()) {
        settle({nullptr, "the certificate " + fault});
        return;
    }
    settle(transport::has_host(present->certificate.get(), host_)
               ? HostLookups::Core::Answer{credential.state(), {}}
               : HostLookups::Core::Answer{nullptr, "the certificate is not for this host"});
} catch (const std::bad_alloc&) {
    // The call ends at its deadline.
}

}  // namespace ferrotunnel::detail

namespace ferrotunnel {
namespace {

void check_time(const char* name, std::chrono::milliseconds time, std::chrono::milliseconds min,
                std::chrono::milliseconds max, std::vector<Problem>& problems) {
    if (time < min || time > max) {
        problems.push_back({std::string("by_host.") + name, "must be between " + std::to_string(min.count()) +
                                                                " ms and " + std::to_string(max.count() / 1'000) +
                                                                " s"});
    }
}

}  // namespace

HostCertificates::HostCertificates(CertificateHandler handler, const HostCertificateTimes& times) {
    using namespace std::chrono_literals;
    std::vector<Problem> problems;
    if (!handler) {
        problems.push_back({"by_host", "needs a handler"});
    }
    check_time("timeout", times.timeout, 100ms, limits::held_handshake_max, problems);
    check_time("kept_for", times.kept_for, 1s, 720h, problems);
    check_time("none_for", times.none_for, 1s, 24h, problems);
    if (!problems.empty()) {
        throw config_error(std::move(problems));
    }
    handler_ = std::make_shared<detail::HostCertificateHandler>(std::move(handler), times);
}

void HostCertificates::forget(const std::string& host) {
    if (handler_ && !host.empty()) {
        handler_->forget(host);
    }
}

void HostCertificates::forget_all() {
    if (handler_) {
        handler_->forget({});
    }
}

void CertificateAnswer::use(const Credential& credential) {
    call_->use(credential);
}

void CertificateAnswer::none() {
    call_->settle({});
}

void CertificateAnswer::fail(const std::string& why) {
    call_->settle({nullptr, why.empty() ? "the application reported a failure" : why});
}

}  // namespace ferrotunnel
