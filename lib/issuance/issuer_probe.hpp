// Finds out how a CA names itself in records of DNS-PERSIST-01, if its directory does not say so: an order for a random
// name below the domain, which is abandoned as soon as the CA has sent the challenge.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "acme/order_task.hpp"
#include "base/result.hpp"
#include "issuance/parts.hpp"
#include "issuance/task_driver.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker.
class IssuerProbe {
public:
    /// The CA's name, or what is wrong.
    using Answer = Result<std::string, acme::Problem>;
    using Done = std::function<void(const Answer&)>;

    /// Calls `done` once, in a later round; it may destroy this.
    IssuerProbe(const Parts& parts, std::shared_ptr<acme::Account> account, const std::string& domain, Done done);
    IssuerProbe(const IssuerProbe&) = delete;
    IssuerProbe& operator=(const IssuerProbe&) = delete;

private:
    void carry_out(const acme::Step& step);
    void end(const Answer& answer);

    const Parts& parts_;
    const std::shared_ptr<acme::Account> account_;
    const acme::Key key_;  // of a certificate that is never made
    Done done_;
    TaskDriver<acme::OrderTask> driver_;
};

}  // namespace ferrotunnel::issuance
