// Accounts at the CAs: in the store, and registered when they are first needed.
//
//     none --key saved--> a key --registered--> an account --key change: CA.new saved--> changing --> an account
//     An interrupted key change is completed before the account is used again.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme/account.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "issuance/account_run.hpp"
#include "issuance/directory_cache.hpp"
#include "issuance/name_lock.hpp"
#include "issuance/settings.hpp"
#include "issuance/store.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker. The file of an account is read each time, as another process may have changed it.
class Accounts {
public:
    using Answer = Result<std::shared_ptr<acme::Account>, acme::Problem>;
    using Done = std::function<void(const Answer&)>;

    struct Needs {
        Network& network;
        DirectoryCache& directories;
        const Store& store;
        Logger& log;
        const Settings& settings;  // outlives this
    };

    explicit Accounts(Needs needs) : needs_(needs) {}
    Accounts(const Accounts&) = delete;
    Accounts& operator=(const Accounts&) = delete;

    /// The account at this CA, registered. Calls `done` once, now or in a later round.
    void get(const std::string& directory_url, Done done);
    /// How to register at this CA.
    acme::Registration registration(const std::string& directory_url) const;
    /// Saves the account with its URL, unless another process has replaced its key, or is about to. Returns what is
    /// wrong, or nothing.
    std::string save(const acme::Account& account) const;
    /// Replaces the key. Calls `done` once, with why that failed or nothing.
    void change_key(const std::string& directory_url, AccountRun::Done done);

    /// The name of the CA in records of DNS-PERSIST-01, if it was seen.
    std::string issuer(const std::string& directory_url) const;
    void keep_issuer(const std::string& directory_url, const std::string& issuer);
    /// As they are in the store; the URL is empty without one.
    std::vector<AccountStatus> status(const std::vector<std::string>& directory_urls) const;

private:
    struct Pending {
        std::unique_ptr<AccountRun> run{};
        NameLock lock{};
        std::vector<Done> waiting{};
    };

    Result<std::optional<acme::Account>, acme::Problem> load(const std::string& directory_url) const;
    Answer load_or_make(const std::string& directory_url) const;
    void register_at(const std::string& directory_url, const std::shared_ptr<acme::Account>& account);
    void begin_change(const std::string& directory_url, bool is_wanted);
    void run_change(const std::string& directory_url, const std::shared_ptr<acme::Account>& account,
                    const std::shared_ptr<const acme::Key>& new_key);
    Result<std::shared_ptr<const acme::Key>, acme::Problem> next_key(const acme::Account& account,
                                                                     bool is_wanted) const;
    std::string write(const acme::Account& account) const;
    void finish(const std::string& directory_url, const Answer& answer);

    const Needs needs_;
    std::map<std::string, Pending> pending_;
};

}  // namespace ferrotunnel::issuance
