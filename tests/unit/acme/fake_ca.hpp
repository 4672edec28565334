// A CA in memory that is as strict as RFC 8555 is, and misbehaves as it is told.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "acme/challenge.hpp"
#include "acme/http.hpp"
#include "acme/issued_chain.hpp"
#include "chain_maker.hpp"
#include "received_request.hpp"

namespace ferrotunnel::acme {

inline const std::string fake_directory = "https://ca.example.com/directory";

class FakeCa {
public:
    struct Settings {
        std::vector<Way> offered{all_ways.begin(), all_ways.end()};
        std::set<Way> cannot_validate{};
        std::set<std::string> profiles{};
        bool needs_external_account = false;
        bool has_renewal_info = true;
        bool refuses_replaces = false;
        bool asks_for_other_name = false;  // an authorization that is not in the order
        unsigned bad_nonces = 0;           // so many requests are rejected with badNonce
        bool gives_no_nonce = false;       // with errors
        std::size_t nonce_length = 0;      // at least
        unsigned polls = 1;                // until a validation or an issue is complete
        std::optional<std::chrono::seconds> retry_after{};
        // Chains:
        bool has_wrong_name = false;
        bool has_wrong_key = false;
        bool has_no_issuer = false;
    };

    explicit FakeCa(WallTime now) : now_(now), maker_(now) {}

    Settings settings{};
    /// Called with each call, and the path of its URL. A reply that it returns is the response, and the CA does not see
    /// the call.
    std::function<std::optional<HttpReply>(const HttpCall&, std::string_view path)> before{};
    /// Changes responses.
    std::function<void(HttpReply&, std::string_view path)> after{};
    /// What the CA finds when it validates.
    std::vector<Challenge> published{};

    HttpReply answer(const HttpCall& call);

    /// What happened.
    std::map<std::string, unsigned> calls{};   // by path, without numbers: "order/"
    std::vector<nlohmann::json> new_orders{};  // payloads
    std::vector<nlohmann::json> new_accounts{};
    std::vector<std::string> faults{};  // violations by the client
    std::string last_accept{};

    void forget_accounts() { accounts_.clear(); }
    void forget_orders() { orders_.clear(); }
    void invalidate_orders();
    std::size_t orders() const noexcept { return orders_.size(); }
    std::size_t orders_made() const noexcept { return orders_made_; }
    unsigned validations() const noexcept { return validations_; }
    /// Replaces the key of every account.
    void set_account_key(const std::string& jwk);

private:
    struct Authorization {
        nlohmann::json identifier{};
        bool is_wildcard = false;
        std::string status = "pending";
        std::string account{};
        std::string token{};
        std::optional<Way> started{};
        unsigned polls = 0;
        nlohmann::json error{};
    };
    struct Order {
        nlohmann::json identifiers{};
        std::string status = "pending";
        std::string account{};
        std::vector<std::size_t> authorizations{};
        unsigned polls = 0;
        std::string chain{};
    };

    HttpReply dispatch(const HttpCall& call, std::string_view path);
    HttpReply directory() const;
    HttpReply signed_request(const HttpCall& call, std::string_view path);
    HttpReply serve(const ReceivedRequest& request, const std::string& account, std::string_view path);
    HttpReply new_account(const ReceivedRequest& request);
    HttpReply new_order(const ReceivedRequest& request, const std::string& account);
    HttpReply show_order(std::size_t number, bool is_poll);
    HttpReply show_authorization(std::size_t number);
    HttpReply start(std::size_t number, std::string_view type);
    HttpReply finalize(Order& order, std::size_t number, const ReceivedRequest& request);
    HttpReply change_key(const ReceivedRequest& request, const std::string& account);
    nlohmann::json challenge_json(const Authorization& authorization, std::size_t number, Way way) const;
    void validate(Authorization& authorization);
    bool is_proved(const Authorization& authorization) const;
    void advance(Order& order);
    std::string issue(const Order& order, EVP_PKEY* key) const;
    HttpReply problem(std::uint16_t status, std::string_view type, std::string_view detail = "for a test") const;
    HttpReply json(std::uint16_t status, const nlohmann::json& body) const;
    std::string next_nonce();

    WallTime now_;
    TestCa maker_;
    unsigned nonces_made_ = 0;
    unsigned validations_ = 0;
    std::set<std::string> nonces_{};
    std::map<std::string, std::string> accounts_{};  // URL and JWK
    std::map<std::size_t, Order> orders_{};
    std::vector<Authorization> authorizations_{};
    std::size_t orders_made_ = 0;
    std::size_t accounts_made_ = 0;
};

}  // namespace ferrotunnel::acme
