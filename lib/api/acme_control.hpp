// Requests of the control API about certificates from CAs, and by the server's own. Answers that need a CA or DNS come
// later.
#pragma once

#include <memory>
#include <vector>

#include "admin/later_answer.hpp"
#include "admin/requests.hpp"
#include "api/server_certificates.hpp"
#include "base/clock.hpp"

namespace ferrotunnel::detail {

/// Called on the control API's thread.
class AcmeControl {
public:
    explicit AcmeControl(ServerCertificates& certificates) : certificates_(certificates) {}

    admin::Answer answer(const admin::AcmeRequest& request) const;
    admin::Answer answer(const admin::AcmeRenewRequest& request) const;
    /// Equal questions at the same time share an answer; at most limits::acme_questions_max at a time.
    admin::Answer answer(const admin::AcmeRecordsRequest& request);
    /// One change at a time.
    admin::Answer answer(const admin::AcmeKeysRequest& request);
    admin::Answer answer(const admin::OwnAuthorityRequest& request) const;

private:
    ServerCertificates& certificates_;
    struct RecordsQuestion {
        admin::AcmeRecordsRequest request;
        std::weak_ptr<const admin::LaterAnswer> answer;
    };

    // In progress:
    std::vector<RecordsQuestion> records_;
    std::weak_ptr<const admin::LaterAnswer> change_;  // of the keys
};

/// Waits for CAs and DNS from `now` on.
admin::Answer wait_for_ca(std::shared_ptr<const admin::LaterAnswer> answer, TimePoint now);

}  // namespace ferrotunnel::detail
