#include "api/acme_control.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "acme/identifier.hpp"
#include "api/acme_report.hpp"
#include "api/limits.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"

namespace ferrotunnel::detail {

using admin::Answer;
using admin::Json;
using admin::LaterAnswer;

namespace {

Answer acme_is_off() {
    return admin::refusal(409, "off", "This server orders no certificates: set `server.acme`, or use --acme EMAIL.");
}

Answer failed_at_ca(std::string problem) {
    return admin::refusal(502, "ca_failed", std::move(problem));
}

// Keeps only this name, or the certificate of `domain` with its wildcard.
void keep_name(std::vector<issuance::NameStatus>& names, const std::string& name) {
    const auto has = [&names](const std::string& wanted) {
        return std::any_of(names.begin(), names.end(),
                           [&wanted](const issuance::NameStatus& one) { return one.name == wanted; });
    };
    const std::string wanted = has(name) ? name : "*." + name;
    std::erase_if(names, [&wanted](const issuance::NameStatus& one) { return one.name != wanted; });
}

// A question to CAs, held by what answers it.
class CaQuestion {
public:
    explicit CaQuestion(std::shared_ptr<LaterAnswer> answer) : answer_(std::move(answer)) {}
    // Without an answer only if orders end before it.
    ~CaQuestion() {
        try {
            give(admin::refusal(409, "off",
                                "This server orders no certificates any more: it is stopping, or `server.acme` was "
                                "removed."));
        } catch (const std::exception&) {  // no memory: the caller's time is over later
        }
    }
    CaQuestion(const CaQuestion&) = delete;
    CaQuestion& operator=(const CaQuestion&) = delete;

    void give(Answer answer) const { answer_->give(std::move(answer)); }

private:
    const std::shared_ptr<LaterAnswer> answer_;
};

}  // namespace

Answer wait_for_ca(std::shared_ptr<const LaterAnswer> answer, TimePoint now) {
    return admin::wait_for(std::move(answer), now + limits::acme_answer_time,
                           "The CAs did not answer within " + std::to_string(limits::acme_answer_time.count()) +
                               " s. The log has the reason.");
}

Answer AcmeControl::answer(const admin::AcmeRequest& request) const {
    if (!certificates_.is_on()) {
        return acme_is_off();
    }
    issuance::Status status = certificates_.status();
    if (!request.name.empty()) {
        keep_name(status.names, request.name);
    }
    return {200, json_of_acme(status)};
}

Answer AcmeControl::answer(const admin::AcmeRenewRequest& request) const {
    if (!certificates_.is_on()) {
        return acme_is_off();
    }
    if (!certificates_.renew(request.name)) {
        return admin::refusal(
            404, "not_found",
            "No certificate is ordered for " + in_quotes(request.name) + ". `ferrotunnel acme` lists the names.");
    }
    return {202, Json{{"renewing", request.name.empty() ? Json(true) : Json(request.name)}}};
}

// Callers that come meanwhile share the answer: each question costs requests to CAs and DNS.
Answer AcmeControl::answer(const admin::AcmeRecordsRequest& request) {
    if (!certificates_.is_on()) {
        return acme_is_off();
    }
    if (const auto host = acme::read_identifier(request.name);
        !request.name.empty() && (!host || host->type != acme::Identifier::Type::dns)) {
        return admin::refusal(400, "invalid",
                              in_quotes(request.name) + " is not a host that CAs issue certificates for.");
    }
    std::erase_if(records_, [](const RecordsQuestion& one) {
        const auto present = one.answer.lock();
        return !present || present->answer();
    });
    for (const RecordsQuestion& one : records_) {
        if (auto present = one.answer.lock();
            present && one.request.check == request.check && one.request.name == request.name) {
            return wait_for_ca(std::move(present), Clock::now());
        }
    }
    if (records_.size() >= limits::acme_questions_max) {
        return admin::refusal(409, "busy", "Records of too many hosts are being looked up. Try again later.");
    }
    const auto later = std::make_shared<LaterAnswer>();
    records_.push_back({request, later});
    certificates_.records(
        request.check, request.name,
        [question = std::make_shared<const CaQuestion>(later)](const std::vector<issuance::PersistRecord>& records,
                                                               std::string problem) {
            question->give(problem.empty() ? Answer{200, json_of_records(records)} : failed_at_ca(std::move(problem)));
        });
    return wait_for_ca(later, Clock::now());
}

Answer AcmeControl::answer(const admin::AcmeKeysRequest& /*request*/) {
    if (!certificates_.is_on()) {
        return acme_is_off();
    }
    if (const auto present = change_.lock(); present && !present->answer()) {
        return admin::refusal(409, "busy", "The account keys are being changed already. Try again later.");
    }
    const auto later = std::make_shared<LaterAnswer>();
    change_ = later;
    certificates_.change_keys([question = std::make_shared<const CaQuestion>(later)](std::string problem) {
        question->give(problem.empty() ? Answer{200, Json{{"changed", true}}} : failed_at_ca(std::move(problem)));
    });
    return wait_for_ca(later, Clock::now());
}

Answer AcmeControl::answer(const admin::OwnAuthorityRequest& /*request*/) const {
    const auto facts = certificates_.own_authority();
    if (!facts) {
        return admin::refusal(
            409, "off",
            "This server has no CA of its own: set `server.https.self`, or use --https-self. If it is "
            "set, the log says why the CA cannot be used.");
    }
    return {200, Json{{"name", facts->name},
                      {"certificate", facts->certificate},
                      {"file", facts->file.string()},
                      {"expires", std::chrono::system_clock::to_time_t(facts->not_after)}}};
}

}  // namespace ferrotunnel::detail
