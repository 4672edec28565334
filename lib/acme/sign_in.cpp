#include "acme/sign_in.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "acme/json_fields.hpp"
#include "acme/limits.hpp"
#include "acme/problem_document.hpp"
#include "base/text.hpp"

namespace ferrotunnel::acme {

namespace {

constexpr std::string_view external_remedy =
    "the CA needs an external account; set the key ID and the HMAC key that its operator gives (EAB)";

FailedStep account_failure(std::string text, std::string type = {}) {
    return {{Problem::Kind::account, std::move(type), printable(text, limits::text_max), {}}, {}, {}};
}

// Throws std::runtime_error if the key of the external account is not usable.
std::string registration_payload(const Registration& registration, const Key& key, const std::string& url) {
    nlohmann::json payload = nlohmann::json::object();
    payload["termsOfServiceAgreed"] = true;
    if (!registration.contact.empty()) {
        payload["contact"] = nlohmann::json::array({"mailto:" + registration.contact});
    }
    if (!registration.external.id.empty()) {
        payload["externalAccountBinding"] =
            nlohmann::json::parse(bind_external_account(registration.external, key, url), nullptr, false);
    }
    return payload.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Step SignIn::begin() {
    state_ = State::directory;
    return requests_.get(account_.directory_url);
}

std::optional<Step> SignIn::answered(const HttpReply& reply) {
    return state_ == State::directory ? have_directory(reply) : have_account(reply);
}

std::optional<Step> SignIn::continued() {
    state_ = State::done;
    return {};
}

std::optional<Step> SignIn::have_directory(const HttpReply& reply) {
    if (!is_success(reply)) {
        return failed_request("no directory at " + account_.directory_url, reply);
    }
    Result<Directory, std::string> read = read_directory(account_.directory_url, reply.body);
    if (!read) {
        FailedStep failed = unusable_response(account_.directory_url, read.error());
        failed.saved_order = FailedStep::SavedOrder::keep;  // nothing was heard of the order
        return failed;
    }
    directory_ = std::move(*read);
    requests_.set_new_nonce_url(directory_.new_nonce);
    if (requests_.account_url().empty()) {
        return register_account();
    }
    state_ = State::done;
    return {};
}

Step SignIn::register_account() {
    if (directory_.needs_external_account && registration_.external.id.empty()) {
        return account_failure(std::string(external_remedy), "externalAccountRequired");
    }
    state_ = State::registration;
    has_registered_ = true;
    try {
        return requests_.post_by_key(directory_.new_account,
                                     registration_payload(registration_, requests_.key(), directory_.new_account));
    } catch (const std::runtime_error& error) {
        return account_failure("the external account is not usable: " + std::string(error.what()));
    }
}

Step SignIn::have_account(const HttpReply& reply) {
    constexpr std::string_view context = "the CA does not register an account";
    if (!is_success(reply)) {
        FailedStep failed = failed_request(context, reply);
        if (failed.problem.kind == Problem::Kind::refused) {
            failed.problem.kind = Problem::Kind::account;
        }
        if (failed.problem.type == "externalAccountRequired") {
            failed.problem.text = external_remedy;
        }
        return failed;
    }
    if (!may_name_url(directory_.url, reply.location)) {
        return unusable_response("the response to newAccount", "has no Location that is an https URL");
    }
    const std::optional<nlohmann::json> account = read_json_object(reply.body);
    const std::string status = account ? text_of(*account, "status") : std::string();
    if (!status.empty() && status != "valid") {
        return account_failure("the account at the CA is " + in_quotes(status) + "; remove its file for another one");
    }
    requests_.set_account_url(reply.location);
    state_ = State::save_account;
    return SaveAccountStep{reply.location};
}

std::optional<Step> SignIn::repair(const HttpReply& reply) {
    if (is_success(reply) || has_registered_ || state_ != State::done ||
        read_problem(reply).type != "accountDoesNotExist") {
        return {};
    }
    return register_account();
}

}  // namespace ferrotunnel::acme
