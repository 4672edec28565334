// What the store keeps, as values and as JSON.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/challenge.hpp"
#include "acme/renewal.hpp"
#include "issuance/status.hpp"

namespace ferrotunnel::issuance {

/// accounts/CA.json, and accounts/CA.new with only a key.
struct SavedAccount {
    std::string url{};  // empty: not registered yet
    std::string directory{};
    std::string contact{};
    std::string issuer{};   // the CA's name in records of DNS-PERSIST-01, once it is known
    std::string key_pem{};  // wipe it after use
};

/// certificates/NAME.json.
struct SavedCertificate {
    std::string directory{};
    std::vector<std::string> names{};
    std::string renewal_id{};  // of the certificate that this is about
    std::string way{};         // by which the name was proved last; empty if that is not known
    WallTime issued{};
    std::optional<acme::RenewalWindow> window{};
    WallTime window_next{};  // when the window is requested again
    std::string token{};     // the token of the client that offered it; empty for the operator's
    WallTime offered{};      // when that was
    std::string member{};    // of the cluster, that has ordered it; empty: the server was alone
};

/// orders/NAME.json.
struct SavedOrder {
    std::string url{};  // empty: the CA has not answered yet
    std::string directory{};
    std::string account_url{};
    std::vector<std::string> names{};
    std::vector<acme::Way> ways{};  // that may be used for it
    WallTime placed{};
    unsigned resumes = 0;   // how often it was continued
    std::string key_pem{};  // the certificate's; wipe it after use
};

/// The ways by which a CA could not validate a name, and when that was.
using FailedWays = std::map<acme::Way, WallTime>;

/// records/VALUE.json: a TXT record of DNS-01 that was set, or is about to be.
struct SavedRecord {
    std::string file{};  // of its order
    std::string name{};
    std::string value{};
    WallTime added{};
};

/// A name that has failed.
struct SavedFailure {
    unsigned failures = 0;
    WallTime next{};
    bool is_at_staging = false;
    std::string problem{};
    FailedWays ways{};
    bool is_hint = false;  // an optional wildcard has no TXT record

    friend bool operator==(const SavedFailure&, const SavedFailure&) = default;
};

/// By name.
using Failures = std::map<std::string, SavedFailure, std::less<>>;

/// schedule.json.
struct SavedSchedule {
    Failures names{};
    std::string budget{};  // of acme::Budget::to_json()
};

/// Whether an order with this record can be continued for these names. One without a URL was sent, but its response did
/// not arrive: it is unknown.
bool may_continue(const SavedOrder& order, const std::vector<std::string>& names, WallTime now);

// As JSON, and back: empty if the text is not of that kind.
std::string to_json(const SavedAccount& account);
std::string to_json(const SavedCertificate& certificate);
std::string to_json(const SavedOrder& order);
std::string to_json(const SavedRecord& record);
std::string to_json(const SavedSchedule& schedule);
std::optional<SavedAccount> account_from_json(std::string_view text);
std::optional<SavedCertificate> certificate_from_json(std::string_view text);
std::optional<SavedOrder> order_from_json(std::string_view text);
std::optional<SavedRecord> record_from_json(std::string_view text);
std::optional<SavedSchedule> schedule_from_json(std::string_view text);

}  // namespace ferrotunnel::issuance
