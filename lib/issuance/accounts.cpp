#include "issuance/accounts.hpp"

#include <exception>
#include <utility>

#include "issuance/store_file.hpp"

namespace ferrotunnel::issuance {
namespace {

acme::Problem account_problem(std::string text) {
    acme::Problem problem;
    problem.kind = acme::Problem::Kind::account;
    problem.text = std::move(text);
    return problem;
}

// Where two processes with one store exclude each other. No host has a label that begins with an underscore.
std::string lock_name_of(const std::string& directory_url) {
    return "_account." + file_name_of_ca(directory_url);
}

SavedAccount saved_form(const acme::Account& account) {
    return {account.url, account.directory_url, account.contact, {}, account.key.to_pem()};
}

}  // namespace

acme::Registration Accounts::registration(const std::string& directory_url) const {
    const Settings& settings = needs_.settings;
    acme::Registration how;
    how.contact = settings.email;
    if (!settings.directories.empty() && settings.directories.front() == directory_url) {
        how.external = settings.external;
    }
    return how;
}

std::string Accounts::write(const acme::Account& account) const {
    SavedAccount saved = saved_form(account);
    saved.issuer = issuer(account.directory_url);
    std::string fault = needs_.store.write_account(saved);
    wipe(saved.key_pem);
    return fault;
}

std::string Accounts::save(const acme::Account& account) const {
    NameLock lock;
    std::string fault;
    if (!lock.acquire(needs_.store.lock_file(lock_name_of(account.directory_url)), fault)) {
        return fault.empty() ? "another process is changing the key of the account" : fault;
    }
    const auto present = load(account.directory_url);
    if (!present) {
        return present.error().text;
    }
    if (present.value() && present.value()->key.thumbprint() != account.key.thumbprint()) {
        return "another process has changed the key of the account meanwhile";
    }
    return write(account);
}

// An account that cannot be read is never replaced by another one: records of DNS-PERSIST-01 name it.
Result<std::optional<acme::Account>, acme::Problem> Accounts::load(const std::string& directory_url) const {
    using Loaded = std::optional<acme::Account>;
    auto saved = needs_.store.account(directory_url);
    if (!saved) {
        const Store::AccountFault& fault = saved.error();
        return account_problem(
            fault.text + (fault.is_wrong ? "; restore it, or move it away to register a new account" : std::string()));
    }
    if (!saved.value()) {
        return Loaded();
    }
    SavedAccount& found = *saved.value();
    try {
        Loaded loaded(acme::Account{found.url, found.directory, found.contact, acme::Key::from_pem(found.key_pem)});
        wipe(found.key_pem);
        return loaded;
    } catch (const std::exception&) {
        wipe(found.key_pem);
        return account_problem(needs_.store.account_file(file_name_of_ca(directory_url)).string() +
                               " has no valid key; restore it, or move it away to register a new account");
    }
}

Accounts::Answer Accounts::load_or_make(const std::string& directory_url) const {
    auto loaded = load(directory_url);
    if (!loaded) {
        return loaded.error();
    }
    if (!loaded.value()) {
        acme::Account made{{}, directory_url, needs_.settings.email, acme::Key::make()};
        SavedAccount saved = saved_form(made);
        bool has_lost = false;
        const std::string fault = needs_.store.write_first_account(saved, has_lost);
        wipe(saved.key_pem);
        if (!fault.empty()) {
            return local_problem(fault);
        }
        if (has_lost) {  // the other process's key is the account's
            loaded = load(directory_url);
            if (!loaded) {
                return loaded.error();
            }
        } else {
            loaded.value() = std::move(made);
        }
    }
    if (!loaded.value()) {
        return local_problem("the file of the account was removed meanwhile");
    }
    return std::make_shared<acme::Account>(std::move(*loaded.value()));
}

void Accounts::get(const std::string& directory_url, Done done) {
    if (const auto pending = pending_.find(directory_url); pending != pending_.end()) {
        pending->second.waiting.push_back(std::move(done));
        return;
    }
    Answer account = [&]() -> Answer {
        try {
            return load_or_make(directory_url);
        } catch (const std::exception& problem) {
            return local_problem(problem.what());
        }
    }();
    auto next = account ? needs_.store.next_account(directory_url) : std::nullopt;
    if (!account || (!account.value()->url.empty() && !next)) {
        done(account);
        return;
    }
    pending_[directory_url].waiting.push_back(std::move(done));
    if (account.value()->url.empty()) {
        register_at(directory_url, account.value());
        return;
    }
    wipe(next->key_pem);
    needs_.log.info("an interrupted change of the account's key is completed", {{"ca", directory_url}});
    begin_change(directory_url, false);
}

void Accounts::register_at(const std::string& directory_url, const std::shared_ptr<acme::Account>& account) {
    needs_.directories.get(directory_url, [this, directory_url, account](const DirectoryCache::Answer& known) {
        if (!known) {
            finish(directory_url, known.error());
            return;
        }
        const std::string& terms = known.value().terms;
        needs_.log.info("an account is registered at the CA, and its terms of service are accepted",
                        {{"ca", directory_url}, {"terms", terms.empty() ? "none" : terms}});
        AccountRun::Work work;
        work.account = account;
        work.registration = registration(directory_url);
        work.save = [this, account] { return save(*account); };
        pending_[directory_url].run = std::make_unique<AccountRun>(
            needs_.network, std::move(work), [this, directory_url, account](std::optional<acme::Problem> problem) {
                finish(directory_url, problem ? Answer(std::move(*problem)) : Answer(account));
            });
    });
}

// The lock comes first: another process must not replace the key that this one has saved, and the CA has accepted.
void Accounts::begin_change(const std::string& directory_url, bool is_wanted) {
    std::string fault;
    if (!pending_[directory_url].lock.acquire(needs_.store.lock_file(lock_name_of(directory_url)), fault)) {
        finish(directory_url,
               local_problem(fault.empty() ? "another process is changing the key of the account" : fault));
        return;
    }
    const Answer account = load_or_make(directory_url);
    if (!account) {
        finish(directory_url, account);
        return;
    }
    const auto key = next_key(*account.value(), is_wanted);
    if (!key) {
        finish(directory_url, key.error());
    } else if (key.value() == nullptr) {
        finish(directory_url, account);  // another process has completed it
    } else {
        run_change(directory_url, account.value(), key.value());
    }
}

// The saved key of an interrupted change; otherwise a new one, which is saved before the CA is asked, if it is wanted.
Result<std::shared_ptr<const acme::Key>, acme::Problem> Accounts::next_key(const acme::Account& account,
                                                                           bool is_wanted) const {
    using NextKey = std::shared_ptr<const acme::Key>;
    try {
        if (auto saved = needs_.store.next_account(account.directory_url)) {
            auto key = std::make_shared<const acme::Key>(acme::Key::from_pem(saved->key_pem));
            wipe(saved->key_pem);
            return NextKey(std::move(key));
        }
        if (!is_wanted) {
            return NextKey();
        }
        auto key = std::make_shared<const acme::Key>(acme::Key::make());
        SavedAccount next = saved_form(account);
        wipe(next.key_pem);
        next.key_pem = key->to_pem();
        const std::string fault = needs_.store.write_next_account(next);
        wipe(next.key_pem);
        return fault.empty() ? Result<NextKey, acme::Problem>(std::move(key)) : local_problem(fault);
    } catch (const std::exception& problem) {
        return account_problem(std::string("the new key of the account: ") + problem.what());
    }
}

// The file of the account gets the key when the CA has accepted it. If the CA refuses it, the old one stays.
void Accounts::run_change(const std::string& directory_url, const std::shared_ptr<acme::Account>& account,
                          const std::shared_ptr<const acme::Key>& new_key) {
    AccountRun::Work work;
    work.account = account;
    work.registration = registration(directory_url);
    work.new_key = new_key;
    work.save = [this, account] { return write(*account); };
    const auto done = [this, directory_url, account, new_key](std::optional<acme::Problem> problem) {
        using Kind = acme::Problem::Kind;
        if (problem) {
            if (problem->kind == Kind::refused || problem->kind == Kind::account) {
                needs_.store.remove_next_account(directory_url);
            }
            finish(directory_url, std::move(*problem));
            return;
        }
        std::string pem = new_key->to_pem();
        auto changed = std::make_shared<acme::Account>(
            acme::Account{account->url, account->directory_url, account->contact, acme::Key::from_pem(pem)});
        wipe(pem);
        std::string problem_of_file = write(*changed);
        if (problem_of_file.empty()) {
            needs_.store.remove_next_account(directory_url);
        }
        finish(directory_url, problem_of_file.empty() ? Answer(changed) : Answer(local_problem(problem_of_file)));
    };
    pending_[directory_url].run = std::make_unique<AccountRun>(needs_.network, std::move(work), done);
}

void Accounts::change_key(const std::string& directory_url, AccountRun::Done done) {
    const auto report = [done = std::move(done)](const Answer& answer) {
        done(answer ? std::optional<acme::Problem>() : std::optional(answer.error()));
    };
    const bool is_interrupted = needs_.store.next_account(directory_url).has_value();
    get(directory_url, [this, directory_url, report, is_interrupted](const Answer& account) {
        if (!account || is_interrupted) {  // completing that one has changed it
            report(account);
            return;
        }
        pending_[directory_url].waiting.push_back(report);
        begin_change(directory_url, true);
    });
}

void Accounts::finish(const std::string& directory_url, const Answer& answer) {
    const auto pending = pending_.extract(directory_url);
    if (pending) {
        for (const Done& done : pending.mapped().waiting) {
            done(answer);
        }
    }
}

std::string Accounts::issuer(const std::string& directory_url) const {
    auto saved = needs_.store.account(directory_url);
    if (!saved || !saved.value()) {
        return {};
    }
    wipe(saved.value()->key_pem);
    return saved.value()->issuer;
}

void Accounts::keep_issuer(const std::string& directory_url, const std::string& issuer) {
    NameLock lock;
    std::string fault;
    if (!lock.acquire(needs_.store.lock_file(lock_name_of(directory_url)), fault)) {
        return;  // its key is being changed; the name is found again
    }
    auto saved = needs_.store.account(directory_url);
    if (saved && saved.value() && saved.value()->issuer != issuer) {
        saved.value()->issuer = issuer;
        (void)needs_.store.write_account(*saved.value());  // it is found again
        wipe(saved.value()->key_pem);
    }
}

std::vector<AccountStatus> Accounts::status(const std::vector<std::string>& directory_urls) const {
    std::vector<AccountStatus> all;
    for (const std::string& directory : directory_urls) {
        auto saved = needs_.store.account(directory);
        AccountStatus one{directory, {}};
        if (saved && saved.value()) {
            one.url = saved.value()->url;
            wipe(saved.value()->key_pem);
        }
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace ferrotunnel::issuance
