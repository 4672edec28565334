#include "transport/certificate_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "made_certificates.hpp"
#include "pipes.hpp"

namespace limits = ferrotunnel::limits;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;

namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::seconds;

CertificateStore::WallTime now() {
    return std::chrono::system_clock::now();
}

// The common names of the certificates that a host gets, one for each kind of key.
std::string served(const CertificateStore& store, std::string_view host) {
    auto snapshot = store.snapshot();
    const ServedCertificates* found = snapshot->find(host);
    std::string names;
    for (std::size_t i = 0; found != nullptr && i < found->size(); ++i) {
        names += (i == 0 ? "" : " ") + common_name_of((*found)[i]->certificate.get());
    }
    return names;
}

std::string line_of(const CertificateProblem& problem, const fs::path& folder) {
    std::string text = problem.file.lexically_relative(folder).string() + ": " + problem.reason;
    return text + (problem.warning ? " (warning)" : "") + (problem.kept ? " (kept)" : "");
}

std::vector<std::string> problems(const CertificateReport& report, const fs::path& folder) {
    std::vector<std::string> all;
    for (const CertificateProblem& problem : report.problems) {
        all.push_back(line_of(problem, folder));
    }
    std::sort(all.begin(), all.end());
    return all;
}

using Texts = std::vector<std::string>;

struct Folder {
    TemporaryDirectory directory;
    const fs::path path = directory.path();
    CertificateStore store{{.files = {}, .folders = {path}, .fallback = {}}};

    CertificateReport load(CertificateStore::WallTime at = now()) {
        auto report = store.reload_if_changed(at);
        REQUIRE(report);
        return *report;
    }
    Texts load_problems() { return problems(load(), path); }
};

Made named(const std::string& common_name, const std::string& names) {
    return make({.alternative_names = names, .common_name = common_name});
}

}  // namespace

TEST_CASE("a folder's certificates are found by how their files are called") {
    Folder folder;
    const Made one = named("one", "DNS:one.example");
    put_pair(folder.path, "one", one);
    const Made two = named("two", "DNS:two.example,DNS:WWW.Two.example.");
    put_file(folder.path / "two.pem", certificate_pem(two) + key_pem(two));
    const Made three = named("three", "DNS:three.example");
    put_file(folder.path / "three.pem", certificate_pem(three));
    put_file(folder.path / "three.key", key_pem(three));
    const Made four = named("four", "DNS:four.example");
    put_file(folder.path / "four.example+1.pem", certificate_pem(four));
    put_file(folder.path / "four.example+1-key.pem", key_pem(four));
    const Made five = named("five", "DNS:five.example");
    fs::create_directory(folder.path / "five.example");
    put_file(folder.path / "five.example" / "fullchain.pem", certificate_pem(five));
    put_file(folder.path / "five.example" / "privkey.pem", key_pem(five));
    put_file(folder.path / "five.example" / "cert.pem", "not looked at");
    fs::create_directory(folder.path / "empty");
    put_file(folder.path / "README", "not looked at");
    put_file(folder.path / ".hidden.crt", "not looked at");

    const CertificateReport report = folder.load();
    CHECK(problems(report, folder.path) == Texts{});
    CHECK(report.certificates == 5);
    CHECK(report.read == 5);
    CHECK(report.hosts == 6);
    CHECK(served(folder.store, "one.example") == "one");
    CHECK(served(folder.store, "two.example") == "two");
    CHECK(served(folder.store, "www.two.example") == "two");
    CHECK(served(folder.store, "three.example") == "three");
    CHECK(served(folder.store, "four.example") == "four");
    CHECK(served(folder.store, "five.example") == "five");
    CHECK(served(folder.store, "six.example") == "");
    CHECK(served(folder.store, "") == "");
    CHECK(!folder.store.reload_if_changed(now() + hours(1)));
}

TEST_CASE("an exact name goes before a wildcard, which stands for one label, and both before the fallback") {
    TemporaryDirectory directory;
    put_pair(directory.path(), "wild", named("wild", "DNS:*.a.example"));
    put_pair(directory.path(), "exact", named("exact", "DNS:x.a.example"));
    put_pair(directory.path(), "other", make({.common_name = "other"}));  // the fallback needs no names
    const auto fallback = CertificateFiles{directory.path() / "other.crt", directory.path() / "other.key"};
    const auto at = [&](const char* name) {
        return CertificateFiles{directory.path() / (std::string(name) + ".crt"),
                                directory.path() / (std::string(name) + ".key")};
    };
    CertificateStore store({.files = {at("wild"), at("exact")}, .folders = {}, .fallback = fallback});
    CHECK(problems(*store.reload_if_changed(now()), directory.path()) == Texts{});
    CHECK(served(store, "x.a.example") == "exact");
    CHECK(served(store, "y.a.example") == "wild");
    CHECK(served(store, "a.example") == "other");
    CHECK(served(store, "x.y.a.example") == "other");
    CHECK(served(store, "localhost") == "other");
    CHECK(served(store, "") == "other");
}

TEST_CASE("every bad pair is reported with file and reason, and the others serve") {
    Folder folder;
    put_pair(folder.path, "good", named("good", "DNS:good.example"));
    const Made made = named("bad", "DNS:bad.example");
    put_file(folder.path / "a.crt", certificate_pem(made));
    put_file(folder.path / "a.key", key_pem(named("other", "DNS:other.example")));
    put_file(folder.path / "b.crt", certificate_pem(made));
    put_file(folder.path / "c.key", key_pem(made));
    put_file(folder.path / "d.crt", "no certificate");
    put_file(folder.path / "d.key", key_pem(made));
    put_file(folder.path / "e.crt", certificate_pem(made));
    put_file(folder.path / "e.key", "no key");
    put_file(folder.path / "f.crt", certificate_pem(made));
    put_file(folder.path / "f.key", key_pem(made, "secret"));
    put_pair(folder.path, "g", make({.common_name = "g"}));
    put_pair(folder.path, "h", named("h", "IP:192.0.2.1"));
    put_pair(folder.path, "i", make({.alternative_names = "DNS:i.example", .rsa_bits = 1024}));
    put_file(folder.path / "j.pem", certificate_pem(made));
    fs::create_directory(folder.path / "k.example");
    put_file(folder.path / "k.example" / "privkey.pem", key_pem(made));
    fs::create_symlink(folder.path / "nowhere", folder.path / "l.crt");
    put_file(folder.path / "l.key", key_pem(made));
    ::mkfifo((folder.path / "m.crt").c_str(), 0600);
    put_file(folder.path / "m.key", key_pem(made));
    std::string damaged = certificate_pem(made);
    damaged[damaged.size() / 2] = '!';
    put_file(folder.path / "n.crt", damaged);
    put_file(folder.path / "n.key", key_pem(made));

    const std::string none = "contains no certificate in PEM form";
    const std::string no_name = "has no DNS name in its subjectAltName that a visitor could request";
    const Texts found = folder.load_problems();
    const Texts expected = {
        "a.key: the private key does not belong to the certificate " + (folder.path / "a.crt").string(),
        "b.key: No such file or directory",
        "c.crt: No such file or directory",
        "d.crt: " + none,
        "e.key: contains no private key in PEM form",
        "f.key: contains a private key with a passphrase, which the program cannot ask for; remove the passphrase",
        "g.crt: " + no_name,
        "h.crt: " + no_name,
        "i.crt: cannot be used: ee key too small",
        "j.pem: contains no private key in PEM form",
        "k.example/fullchain.pem: No such file or directory",
        "l.crt: No such file or directory",
        "m.crt: is not a regular file",
        "n.crt: contains a damaged certificate (bad base64 decode)",
    };
    CHECK(found == expected);
    CHECK(served(folder.store, "good.example") == "good");
    CHECK(served(folder.store, "bad.example") == "");
}

TEST_CASE("what can be used nevertheless is a warning") {
    Folder folder;
    put_pair(folder.path, "expired",
             make({.alternative_names = "DNS:expired.example", .from_seconds = -7'200, .until_seconds = -3'600}));
    put_pair(folder.path, "early",
             make({.alternative_names = "DNS:early.example",
                   .from_seconds = 3 * 24 * 3'600,
                   .until_seconds = 4 * 24 * 3'600}));
    put_pair(folder.path, "client", make({.alternative_names = "DNS:client.example", .purpose = "clientAuth"}));
    put_pair(folder.path, "names", named("names", "DNS:names.example,DNS:*.*.example,DNS:-bad.example"));
    const Made open = named("open", "DNS:open.example");
    put_file(folder.path / "open.crt", certificate_pem(open), 0644);
    put_file(folder.path / "open.key", key_pem(open), 0644);
    const Made chained = named("chained", "DNS:chained.example");
    put_file(folder.path / "chained.crt", certificate_pem(chained) + certificate_pem(open));
    put_file(folder.path / "chained.key", key_pem(chained));

    const CertificateReport report = folder.load();
    CHECK(!report.errors());
    Texts found = problems(report, folder.path);
    CAPTURE(found);
    REQUIRE(found.size() == 7);
    CHECK(found[0] == "chained.crt: its chain is not in order: certificate 2 did not sign certificate 1 (warning)");
    CHECK(found[1] == "client.crt: is not meant for servers (its key usage says so) (warning)");
    CHECK(found[2].starts_with("early.crt: is not valid before 20"));
    CHECK(found[3].starts_with("expired.crt: expired on 20"));
    CHECK(found[4] ==
          "names.crt: the name \"*.*.example\" in it has a character that is not valid in a host name "
          "(warning)");
    CHECK(found[5] ==
          "names.crt: the name \"-bad.example\" in it has a label that begins or ends with a hyphen (warning)");
    CHECK(found[6] == "open.crt: the key in " + (folder.path / "open.key").string() +
                          " can be read by all users of this machine (warning)");
    CHECK(report.hosts == 6);
}

TEST_CASE("a pair that goes bad leaves the last good one in service, until it is good again") {
    Folder folder;
    put_pair(folder.path, "a", named("first", "DNS:a.example"));
    CHECK(folder.load_problems() == Texts{});

    const Made second = named("second", "DNS:a.example");
    put_file(folder.path / "a.crt", certificate_pem(second));  // the key has not come yet
    CHECK(folder.load_problems() == Texts{"a.key: the private key does not belong to the certificate " +
                                          (folder.path / "a.crt").string() + " (kept)"});
    CHECK(served(folder.store, "a.example") == "first");
    CHECK(!folder.store.reload_if_changed(now() + hours(1)));  // a problem is said once

    put_file(folder.path / "a.key", key_pem(second));
    CHECK(folder.load_problems() == Texts{});
    CHECK(served(folder.store, "a.example") == "second");

    fs::remove(folder.path / "a.crt");  // half of the pair is gone: in the middle of a renewal
    CHECK(folder.load_problems() == Texts{"a.crt: No such file or directory (kept)"});
    CHECK(served(folder.store, "a.example") == "second");

    fs::remove(folder.path / "a.key");  // all of the pair is gone: that was meant
    CHECK(folder.load_problems() == Texts{});
    CHECK(served(folder.store, "a.example") == "");
}

TEST_CASE("links that certbot turns to newer files are followed") {
    Folder folder;
    TemporaryDirectory archive;
    put_file(archive.path() / "fullchain1.pem", certificate_pem(named("x", "DNS:x.example")));
    const Made first = named("first", "DNS:a.example");
    const Made second = named("second", "DNS:a.example");
    for (const auto& [made, number] : {std::pair(&first, "1"), std::pair(&second, "2")}) {
        put_file(archive.path() / (std::string("fullchain") + number + ".pem"), certificate_pem(*made));
        put_file(archive.path() / (std::string("privkey") + number + ".pem"), key_pem(*made));
    }
    const fs::path live = folder.path / "a.example";
    fs::create_directory(live);
    const auto turn = [&](const char* what, const char* number) {
        fs::remove(live / (std::string(what) + ".pem"));
        fs::create_symlink(archive.path() / (std::string(what) + number + ".pem"), live / (std::string(what) + ".pem"));
    };
    turn("fullchain", "1");
    turn("privkey", "1");
    CHECK(folder.load_problems() == Texts{});
    CHECK(served(folder.store, "a.example") == "first");
    turn("privkey", "2");
    CHECK(folder.load().errors());
    CHECK(served(folder.store, "a.example") == "first");
    turn("fullchain", "2");
    CHECK(folder.load_problems() == Texts{});
    CHECK(served(folder.store, "a.example") == "second");
}

TEST_CASE("files are read again only when they may have changed") {
    Folder folder;
    const Made made = named("a", "DNS:a.example");
    put_pair(folder.path, "a", made);
    put_pair(folder.path, "b", named("b", "DNS:b.example"));
    CHECK(folder.load().read == 2);
    CHECK(!folder.store.reload_if_changed(now()));

    put_pair(folder.path, "a", made);  // written again, with the same content
    CHECK(!folder.store.reload_if_changed(now()));

    auto before = folder.store.snapshot();
    put_pair(folder.path, "b", named("b2", "DNS:b.example"));
    CHECK(folder.load().read == 1);
    auto after = folder.store.snapshot();
    CHECK(before->find("a.example")->front() == after->find("a.example")->front());  // the same object, shared
    CHECK(before->find("b.example")->front() != after->find("b.example")->front());
}

TEST_CASE("a write within the same tick of the file system's clock is noticed") {
    Folder folder;
    const Made made = named("a", "DNS:a.example");
    put_pair(folder.path, "a", made);
    folder.load();
    // The file is changed in place, to the same size, with its times put back: only reading it tells.
    struct stat before {};
    REQUIRE(::stat((folder.path / "a.key").c_str(), &before) == 0);
    const std::string other = key_pem(named("b", "DNS:b.example"));
    REQUIRE(other.size() == static_cast<std::size_t>(before.st_size));
    std::ofstream(folder.path / "a.key") << other;
    const timespec times[2] = {before.st_atim, before.st_mtim};
    ::utimensat(AT_FDCWD, (folder.path / "a.key").c_str(), times, 0);
    auto report = folder.store.reload_if_changed(now());
    REQUIRE(report);
    CHECK(report->errors());
}

TEST_CASE("a folder that cannot be listed keeps what it had") {
    TemporaryDirectory directory;
    const fs::path folder = directory.path() / "certificates";
    CertificateStore store({.files = {}, .folders = {folder}, .fallback = {}});
    auto report = store.reload_if_changed(now());
    REQUIRE(report);
    CHECK(problems(*report, directory.path()) ==
          Texts{"certificates: the folder cannot be listed: No such file or directory"});

    fs::create_directory(folder);
    put_pair(folder, "a", named("a", "DNS:a.example"));
    CHECK(problems(*store.reload_if_changed(now()), directory.path()) == Texts{});
    CHECK(served(store, "a.example") == "a");

    fs::rename(folder, directory.path() / "away");
    report = store.reload_if_changed(now());
    REQUIRE(report);
    CHECK(problems(*report, directory.path()) ==
          Texts{"certificates/a.crt: No such file or directory (kept)",
                "certificates: the folder cannot be listed: No such file or directory (kept)"});
    CHECK(served(store, "a.example") == "a");
}

TEST_CASE("of two certificates for one name the better one serves") {
    Folder folder;
    put_pair(folder.path, "long",
             make({.alternative_names = "DNS:a.example", .common_name = "long", .until_seconds = 10 * 24 * 3'600}));
    put_pair(folder.path, "short", make({.alternative_names = "DNS:a.example,DNS:b.example", .common_name = "short"}));
    put_pair(folder.path, "early",
             make({.alternative_names = "DNS:a.example",
                   .common_name = "early",
                   .from_seconds = 3'600,
                   .until_seconds = 20 * 24 * 3'600}));
    put_pair(folder.path, "rsa", make({.alternative_names = "DNS:a.example", .common_name = "rsa", .rsa_bits = 2048}));
    folder.load();
    CHECK(served(folder.store, "a.example") == "long rsa");  // one for each kind of key
    CHECK(served(folder.store, "b.example") == "short");

    CertificateStore both(
        {.files = {{folder.path / "short.crt", folder.path / "short.key"}}, .folders = {folder.path}, .fallback = {}});
    both.reload_if_changed(now());
    CHECK(served(both, "a.example") == "short rsa");  // a file that was named goes before those of a folder
}

TEST_CASE("the certificates that expire first are listed, with names and files") {
    Folder folder;
    constexpr long day = 24 * 3'600;
    put_pair(folder.path, "later", make({.alternative_names = "DNS:later.example", .until_seconds = 20 * day}));
    put_pair(folder.path, "soon",
             make({.alternative_names = "DNS:soon.example,DNS:x.example", .until_seconds = 2 * day}));
    put_pair(folder.path, "past", make({.alternative_names = "DNS:past.example", .until_seconds = -60}));
    folder.load();
    const std::vector<CertificateExpiry> all = folder.store.snapshot()->expiries();
    REQUIRE(all.size() == 3);
    CHECK(all[0].name == "past.example");
    CHECK(all[0].expires < now());
    CHECK(all[1].name == "soon.example");
    CHECK(all[1].file == folder.path / "soon.crt");
    CHECK(std::chrono::abs(all[1].expires - now() - hours(48)) < hours(1));
    CHECK(all[2].name == "later.example");

    std::vector<CertificateExpiry> many;
    for (std::size_t i = 0; i < 2 * limits::certificates_listed_max; ++i) {
        many.push_back({"a.example", {}, now() - seconds(i)});
    }
    const auto first = many.back().expires;
    keep_soonest(many);
    CHECK(many.size() == limits::certificates_listed_max);
    CHECK(many.front().expires == first);
}

TEST_CASE("a time that the clock cannot count is the nearest that it can") {
    const auto read = [](const char* text) {
        const std::unique_ptr<ASN1_TIME, ferrotunnel::FreeWith<ASN1_TIME_free>> time(ASN1_TIME_new());
        REQUIRE(ASN1_TIME_set_string(time.get(), text) == 1);
        return time_of(time.get());
    };
    CHECK(read("20300101000000Z") == std::chrono::system_clock::from_time_t(1'893'456'000));
    CHECK(read("99991231235959Z") > now() + hours(200 * 365 * 24));
    CHECK(read("00010101000000Z") < CertificateStore::WallTime());
}

TEST_CASE("intermediate certificates that are equal are kept once") {
    Folder folder;
    const Made root = make({.common_name = "root", .authority = true});
    const Made middle = make({.common_name = "middle", .issuer = &root, .authority = true});
    for (const char* host : {"a", "b", "c"}) {
        const Made made = make({.alternative_names = std::string("DNS:") + host + ".example", .issuer = &middle});
        put_file(folder.path / (std::string(host) + ".crt"), certificate_pem(made) + certificate_pem(middle));
        put_file(folder.path / (std::string(host) + ".key"), key_pem(made));
    }
    CHECK(folder.load_problems() == Texts{});
    auto snapshot = folder.store.snapshot();
    const auto& chain = snapshot->find("a.example")->front()->chain;
    REQUIRE(chain.size() == 1);
    CHECK(chain.front() == snapshot->find("c.example")->front()->chain.front());
    CHECK(chain.front().use_count() == 3);
}

TEST_CASE("limits of one certificate: bytes, names, chain") {
    Folder folder;
    const Made made = named("a", "DNS:a.example");
    const std::string pem = certificate_pem(made);
    put_file(folder.path / "a.key", key_pem(made));
    put_file(folder.path / "a.crt", pem + std::string((1 << 20) - pem.size(), '\n'));
    CHECK(folder.load_problems() == Texts{});
    put_file(folder.path / "a.crt", pem + std::string((1 << 20) + 1 - pem.size(), '\n'));
    CHECK(folder.load_problems() == Texts{"a.crt: is larger than 1 MiB, so it is not a certificate or key (kept)"});

    std::string chain = pem;
    for (std::size_t i = 0; i < limits::certificate_chain_max; ++i) {
        chain += pem;  // it signs itself, so that the chain is in order
    }
    put_file(folder.path / "a.crt", chain);
    CHECK(folder.load_problems() == Texts{});
    put_file(folder.path / "a.crt", chain + pem);
    CHECK(folder.load_problems() == Texts{"a.crt: contains more than 17 certificates (kept)"});

    std::string names;
    for (std::size_t i = 0; i < limits::certificate_names_max; ++i) {
        names += (i == 0 ? "DNS:h" : ",DNS:h") + std::to_string(i) + ".example";
    }
    put_pair(folder.path, "a", named("a", names));
    CertificateReport report = folder.load();
    CHECK(problems(report, folder.path) == Texts{});
    CHECK(report.hosts == limits::certificate_names_max);
    put_pair(folder.path, "a", named("a", names + ",DNS:more.example"));
    report = folder.load();
    CHECK(problems(report, folder.path) == Texts{"a.crt: has more than 1000 names; the others are left out (warning)"});
    CHECK(report.hosts == limits::certificate_names_max);
}

TEST_CASE("keys of every common kind and form are read") {
    Folder folder;
    const Made ec = named("ec", "DNS:ec.example");
    put_pair(folder.path, "ec", ec);
    put_pair(folder.path, "rsa", make({.alternative_names = "DNS:rsa.example", .rsa_bits = 2048}));
    // A key as older tools write it: "EC PARAMETERS" and "EC PRIVATE KEY".
    BioPtr bio(BIO_new(BIO_s_mem()));
    must(PEM_write_bio_PrivateKey_traditional(bio.get(), ec.key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    const std::string traditional = text_of(bio.get());
    CHECK(traditional.starts_with("-----BEGIN EC PRIVATE KEY-----"));
    put_file(folder.path / "old.crt", certificate_pem(ec));
    put_file(folder.path / "old.key",
             "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + traditional);
    put_file(folder.path / "comments.crt", "subject=CN = ec\n\n" + certificate_pem(ec));
    put_file(folder.path / "comments.key", "Bag Attributes\n    friendlyName: x\n" + key_pem(ec));
    put_file(folder.path / "key-first.pem", key_pem(ec) + certificate_pem(ec));
    const CertificateReport report = folder.load();
    CHECK(problems(report, folder.path) == Texts{});
    CHECK(report.certificates == 5);
}

TEST_CASE("a folder with too many entries is not listed") {
    TemporaryDirectory directory;
    for (int i = 0; i < 10; ++i) {
        put_file(directory.path() / ("file" + std::to_string(i)), "");
    }
    CHECK(list_certificates(directory.path(), 10).error == "");
    CHECK(list_certificates(directory.path(), 9).error == "has more than 9 entries");
}
