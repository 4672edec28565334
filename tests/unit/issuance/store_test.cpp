#include "issuance/store.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "issuance/limits.hpp"
#include "issuance/name_lock.hpp"
#include "issuance/store_file.hpp"
#include "support/temporary_folder.hpp"
#include "unit/acme/chain_maker.hpp"

namespace ferrotunnel::issuance {
namespace {

constexpr const char* ca_url = "https://ca.example.test/dir";

mode_t mode_of(const std::filesystem::path& path) {
    struct stat about {};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    return about.st_mode & 0777;
}

void write_text(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

SavedAccount account_of(const std::string& directory) {
    return {"https://ca.example.test/account/1", directory, "a@example.test", "ca.example.test", "a key"};
}

TEST_CASE("the store's folders and files are for their owner only", "[issuance]") {
    const test::TemporaryFolder folder;
    const Store store(folder / "acme");
    store.make_folders();
    for (const char* name : {"", "accounts", "certificates", "orders", "records", "challenges", "locks"}) {
        CHECK(mode_of(std::filesystem::path(folder / "acme") / name) == 0700);
    }
    REQUIRE(store.write_account(account_of(ca_url)).empty());
    CHECK(mode_of(store.account_file(file_name_of_ca(ca_url))) == 0600);
    REQUIRE(store.write_certificate("a.example.test", "key", "chain", {}).empty());
    CHECK(mode_of(store.certificate_file("a.example.test")) == 0600);
}

TEST_CASE("a store that others can write to is refused with the remedy", "[issuance]") {
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder / "acme");
    REQUIRE(::chmod((folder / "acme").c_str(), 0777) == 0);
    CHECK_THROWS_WITH(Store(folder / "acme").make_folders(),
                      Catch::Contains(folder / "acme") && Catch::Contains("chmod"));
}

TEST_CASE("so is one whose inner folders others can write to", "[issuance]") {
    const test::TemporaryFolder folder;
    Store(folder / "acme").make_folders();
    REQUIRE(::chmod((folder / "acme/challenges").c_str(), 0770) == 0);
    CHECK_THROWS_WITH(Store(folder / "acme").make_folders(), Catch::Contains(folder / "acme/challenges"));
}

TEST_CASE("a store that is a link, or has an inner folder that is one, is refused", "[issuance]") {
    const test::TemporaryFolder folder;
    Store(folder / "elsewhere").make_folders();
    std::filesystem::create_directory_symlink(folder / "elsewhere", folder / "acme");
    CHECK_THROWS_WITH(Store(folder / "acme").make_folders(), Catch::Contains("not a link"));
    std::filesystem::remove_all(folder / "elsewhere/orders");
    std::filesystem::create_directory_symlink(folder.path(), folder / "elsewhere/orders");
    CHECK_THROWS_WITH(Store(folder / "elsewhere").make_folders(), Catch::Contains("elsewhere/orders"));
}

TEST_CASE("a store and a key of another user are refused", "[issuance]") {
    if (::geteuid() != 0) {
        WARN("left out: only root can give files away");
        return;
    }
    constexpr uid_t other = 1;
    const test::TemporaryFolder folder;
    const Store store(folder / "acme");
    store.make_folders();
    REQUIRE(store.write_account(account_of(ca_url)).empty());
    const auto file = store.account_file(file_name_of_ca(ca_url));
    REQUIRE(::chown(file.c_str(), other, other) == 0);
    REQUIRE_FALSE(store.account(ca_url));
    CHECK_THAT(store.account(ca_url).error().text, Catch::Contains(file.string()) && Catch::Contains("other users"));
    REQUIRE(::chown((folder / "acme").c_str(), other, other) == 0);
    CHECK_THROWS_WITH(store.make_folders(), Catch::Contains("of this user"));
}

TEST_CASE("keys that other users can read or change are not used", "[issuance]") {
    const test::TemporaryFolder folder;
    const Store store(folder / "acme");
    store.make_folders();
    const auto file = store.account_file(file_name_of_ca(ca_url));
    for (const mode_t mode : {0640, 0604, 0620}) {
        REQUIRE(store.write_account(account_of(ca_url)).empty());
        REQUIRE(store.account(ca_url));
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        REQUIRE_FALSE(store.account(ca_url));
        CHECK_FALSE(store.account(ca_url).error().is_wrong);  // it is an account, which must not be replaced
        CHECK_THAT(store.account(ca_url).error().text, Catch::Contains("chmod 600"));
    }
    REQUIRE(store.write_next_account(account_of(ca_url)).empty());
    REQUIRE(store.next_account(ca_url));
    REQUIRE(::chmod((folder / ("acme/accounts/" + file_name_of_ca(ca_url) + ".new")).c_str(), 0640) == 0);
    CHECK_FALSE(store.next_account(ca_url));
    const SavedOrder order{"https://ca.example.test/order/1", ca_url, {}, {"a.example.test"}, {}, {}, 0, "a key"};
    REQUIRE(store.write_order("a.example.test", order).empty());
    REQUIRE(store.order("a.example.test"));
    REQUIRE(::chmod((folder / "acme/orders/a.example.test.json").c_str(), 0640) == 0);
    CHECK_FALSE(store.order("a.example.test"));
}

TEST_CASE("a folder that cannot be made is named", "[issuance]") {
    const test::TemporaryFolder folder;
    write_text(folder / "file", "");
    CHECK_THROWS_WITH(Store(folder / "file/acme").make_folders(), Catch::Contains(folder / "file/acme"));
}

TEST_CASE("a CA's files are named by its host and its URL", "[issuance]") {
    const std::string name = file_name_of_ca("https://acme-v02.api.letsencrypt.org/directory");
    CHECK(name.starts_with("acme-v02.api.letsencrypt.org-"));
    CHECK(name.size() == std::string("acme-v02.api.letsencrypt.org-").size() + 8);
    CHECK(name != file_name_of_ca("https://acme-v02.api.letsencrypt.org/other"));
    CHECK(file_name_of_ca("http://[::1]:14000/dir").find(':') == std::string::npos);
    CHECK(file_name_of_ca("https://../../etc").find('/') == std::string::npos);
}

TEST_CASE("an account survives, and a foreign or damaged one is an error with its path", "[issuance]") {
    const test::TemporaryFolder folder;
    const Store store(folder / "acme");
    store.make_folders();
    CHECK_FALSE(store.account(ca_url).value());  // none
    REQUIRE(store.write_account(account_of(ca_url)).empty());
    const auto read = store.account(ca_url);
    REQUIRE(read);
    REQUIRE(read.value());
    CHECK(read.value()->url == account_of(ca_url).url);
    CHECK(read.value()->issuer == "ca.example.test");
    CHECK(read.value()->key_pem == "a key");

    const auto file = store.account_file(file_name_of_ca(ca_url));
    write_text(file, to_json(account_of("https://other.example.test/dir")));
    REQUIRE_FALSE(store.account(ca_url));
    CHECK(store.account(ca_url).error().is_wrong);
    CHECK_THAT(store.account(ca_url).error().text, Catch::Contains(file.string()));
    for (const char* text : {"", "{", "[]", "{\"directory\": 1}", "{\"directory\": \"https://ca.example.test/dir\"}"}) {
        write_text(file, text);
        REQUIRE_FALSE(store.account(ca_url));
        CHECK(store.account(ca_url).error().is_wrong);
    }
    CHECK(std::filesystem::exists(file));  // a record of DNS-PERSIST-01 names it
}

TEST_CASE("of two processes that make an account the first one's key stays", "[issuance]") {
    const test::TemporaryFolder folder;
    const Store store(folder / "acme");
    store.make_folders();
    bool has_lost = true;
    REQUIRE(store.write_first_account(account_of(ca_url), has_lost).empty());
    CHECK_FALSE(has_lost);
    SavedAccount second = account_of(ca_url);
    second.key_pem = "another key";
    CHECK(store.write_first_account(second, has_lost).empty());
    CHECK(has_lost);
    CHECK(store.account(ca_url).value()->key_pem == "a key");
}

TEST_CASE("an order survives with its key, its ways and its count", "[issuance]") {
    const test::TemporaryFolder folder;
    const Store store(folder / "acme");
    store.make_folders();
    CHECK_FALSE(store.order("a.example.test"));
    const SavedOrder order{"https://ca.example.test/order/1",
                           ca_url,
                           "https://ca.example.test/account/1",
                           {"a.example.test"},
                           {acme::Way::http_01, acme::Way::dns_01},
                           WallTime(std::chrono::seconds(1'700'000'000)),
                           2,
                           "a key"};
    REQUIRE(store.write_order("a.example.test", order).empty());
    const auto read = store.order("a.example.test");
    REQUIRE(read);
    CHECK(read->url == order.url);
    CHECK(read->account_url == order.account_url);
    CHECK(read->names == order.names);
    CHECK(read->ways == order.ways);
    CHECK(read->placed == order.placed);
    CHECK(read->resumes == 2);
    CHECK(read->key_pem == "a key");
    store.remove_order("a.example.test");
    CHECK_FALSE(store.order("a.example.test"));
}

TEST_CASE("failures and budgets survive; what is not a schedule is an empty one", "[issuance]") {
    const test::TemporaryFolder folder;
    const Store store(folder / "acme");
    store.make_folders();
    SavedSchedule schedule;
    schedule.budget = "{\"tokens\": {}}";
    schedule.names["a.example.test"] = {3,
                                        WallTime(std::chrono::seconds(1'700'000'000)),
                                        true,
                                        "it is \"so\"",
                                        {{acme::Way::http_01, WallTime(std::chrono::seconds(1'600'000'000))}},
                                        true};
    REQUIRE(store.write_schedule(schedule).empty());
    std::string fault = "none was read";
    const SavedSchedule read = store.schedule(fault);
    CHECK(fault.empty());
    CHECK(read.budget == schedule.budget);
    CHECK(read.names.at("a.example.test").is_hint);
    REQUIRE(read.names.size() == 1);
    CHECK(read.names == schedule.names);
    for (const char* text : {"", "null", "{\"names\": 7}", "{\"names\": {\"a\": 7}}",
                             "{\"names\": {\"a\": {\"ways\": {\"http-01\": \"x\"}}}}", "\xff"}) {
        write_text(folder / "acme/schedule.json", text);
        CHECK(store.schedule(fault).names.empty());
        CHECK_THAT(fault, Catch::Contains(folder / "acme/schedule.json"));
    }
    std::filesystem::remove(folder / "acme/schedule.json");
    CHECK(store.schedule(fault).names.empty());
    CHECK(fault.empty());
}

TEST_CASE("a window survives, and one that ends before it starts does not", "[issuance]") {
    SavedCertificate saved;
    saved.directory = ca_url;
    saved.names = {"a.example.test"};
    saved.way = "http-01";
    saved.token = "office";
    saved.window = acme::RenewalWindow{WallTime(std::chrono::seconds(1'700'000'000)),
                                       WallTime(std::chrono::seconds(1'700'000'100)), "https://ca.example.test/why"};
    const auto read = certificate_from_json(to_json(saved));
    REQUIRE(read);
    REQUIRE(read->window);
    CHECK(read->window->start == saved.window->start);
    CHECK(read->window->end == saved.window->end);
    CHECK(read->window->explanation == saved.window->explanation);
    CHECK(read->token == "office");
    std::swap(saved.window->start, saved.window->end);
    CHECK_FALSE(certificate_from_json(to_json(saved))->window);
}

TEST_CASE("a window is for the certificate that it was requested for", "[issuance]") {
    const test::TemporaryFolder folder;
    const Store store(folder / "acme");
    store.make_folders();
    const WallTime now(std::chrono::seconds(1'800'000'000));
    const acme::TestCa ca(now);
    SavedCertificate saved;
    saved.window = acme::RenewalWindow{now, now + std::chrono::hours(1), ""};
    const auto write_new = [&](const char* serial) {
        const acme::Key key = acme::Key::make();
        acme::Wanted leaf = ca.leaf("DNS:a.example.test");
        leaf.serial = serial;
        const std::string chain = ca.chain(leaf, key);
        REQUIRE(store.write_certificate("a.example.test", key.to_pem(), chain, saved).empty());
        return store.certificate("a.example.test").value()->saved;
    };
    const SavedCertificate first = write_new("1001");
    CHECK(first.window);
    REQUIRE_FALSE(first.renewal_id.empty());
    CHECK(store.update_certificate_record("a.example.test", first));
    saved = first;
    const SavedCertificate second = write_new("1002");  // as if the other process's record had come last
    REQUIRE(second.renewal_id != first.renewal_id);
    CHECK_FALSE(second.window);
    CHECK_FALSE(store.update_certificate_record("a.example.test", first));
    CHECK(store.update_certificate_record("a.example.test", second));
    store.remove_certificate("a.example.test");
    CHECK_FALSE(store.update_certificate_record("a.example.test", second));
}

TEST_CASE("a file of the store is read up to its limit, and neither links nor devices are", "[issuance]") {
    const test::TemporaryFolder folder;
    write_text(folder / "file", std::string(10, 'x'));
    CHECK(read_store_file(folder / "file", 10).value() == std::string(10, 'x'));
    CHECK_THAT(read_store_file(folder / "file", 9).error(), Catch::Contains("9 bytes"));
    CHECK_FALSE(read_store_file(folder / "none", 9).value());
    std::filesystem::create_symlink(folder / "file", folder / "link");
    CHECK_FALSE(read_store_file(folder / "link", 10));
    CHECK_FALSE(read_store_file(folder.path(), 10));
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK_FALSE(read_store_file(folder / "pipe", 10));
}

// Files of a store as a killed process has left them, of one age.
class LeftFiles {
public:
    LeftFiles() { store.make_folders(); }

    std::string put(const std::string& name, std::chrono::seconds age) {
        const std::string path = folder / ("acme/" + name);
        write_text(path, "x");
        std::filesystem::last_write_time(path, now - age);
        return path;
    }

    const std::filesystem::file_time_type now = std::filesystem::file_time_type::clock::now();
    const test::TemporaryFolder folder;
    const Store store{folder / "acme"};
};

using std::chrono::seconds;
using std::filesystem::exists;

TEST_CASE("files that a killed process was writing are removed when they are old", "[issuance]") {
    LeftFiles left;
    const std::string old = left.put("certificates/a.example.test.pem.1.new", limits::left_over_age + seconds(1));
    const std::string young = left.put("certificates/b.example.test.pem.1.new", limits::left_over_age);
    const std::string key = left.put("accounts/ca.example.test-01234567.new", limits::left_over_age + seconds(1));
    left.store.remove_left_over(left.now);
    CHECK_FALSE(exists(old));
    CHECK(exists(young));
    CHECK(exists(key));  // of an interrupted change
}

TEST_CASE("answers to challenges are removed when no order can need them any more", "[issuance]") {
    LeftFiles left;
    const std::string old = left.put("challenges/old", limits::challenge_age + seconds(1));
    const std::string young = left.put("challenges/young", limits::challenge_age);
    left.store.remove_left_over(left.now);
    CHECK_FALSE(exists(old));
    CHECK(exists(young));
}

TEST_CASE("orders that cannot be continued any more are removed, whoever wants their names", "[issuance]") {
    LeftFiles left;
    const std::string old = left.put("orders/a.example.test.json", limits::order_age_max + seconds(1));
    const std::string young = left.put("orders/b.example.test.json", limits::order_age_max);
    left.store.remove_left_over(left.now);
    CHECK_FALSE(exists(old));
    CHECK(exists(young));
}

TEST_CASE("the lock of a killed process is removed, and one that is held is not", "[issuance]") {
    LeftFiles left;
    const std::string free = left.put("locks/a.example.test.lock", seconds(0));
    NameLock lock;
    std::string fault;
    REQUIRE(lock.acquire(left.store.lock_file("b.example.test"), fault));
    left.store.remove_left_over(left.now);
    CHECK_FALSE(exists(free));
    CHECK(exists(left.store.lock_file("b.example.test")));
}

TEST_CASE("a schedule is read up to its limit", "[issuance][large]") {
    const test::TemporaryFolder folder;
    const Store store(folder / "acme");
    store.make_folders();
    std::string text = R"({"names": {"a.example.test": {"failures": 3}}})";
    text.resize(limits::schedule_max, ' ');
    write_text(folder / "acme/schedule.json", text);
    std::string fault;
    CHECK(store.schedule(fault).names.size() == 1);
    CHECK(fault.empty());
    write_text(folder / "acme/schedule.json", text + " ");
    CHECK(store.schedule(fault).names.empty());
    CHECK_THAT(fault, Catch::Contains(std::to_string(limits::schedule_max)));
}

TEST_CASE("every other file of the store is read up to its limit", "[issuance]") {
    const test::TemporaryFolder folder;
    const Store store(folder / "acme");
    store.make_folders();
    std::string text = to_json(account_of(ca_url));
    text.resize(limits::file_max, ' ');
    const auto file = store.account_file(file_name_of_ca(ca_url));
    REQUIRE(store.write_account(account_of(ca_url)).empty());  // a key's file has its mode
    write_text(file, text);
    CHECK(store.account(ca_url));
    write_text(file, text + " ");
    REQUIRE_FALSE(store.account(ca_url));
    CHECK_THAT(store.account(ca_url).error().text, Catch::Contains(std::to_string(limits::file_max)));
}

}  // namespace
}  // namespace ferrotunnel::issuance
