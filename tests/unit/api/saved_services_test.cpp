// What the control socket is told to keep: several programs that change it at once lose nothing of each other.
#include "api/saved_services.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "base/limits.hpp"
#include "ferrotunnel/config.hpp"
#include "settings/service.hpp"

using namespace ferrotunnel;
using detail::SavedServices;
using Switched = SavedServices::Switched;

namespace {

struct Folder {
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "ft-kept-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
        write(
            "client: {server: \"127.0.0.1:1\", token: ft1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh_ptZnM,\n"
            "  services: [{name: web, tcp: 1, local: 22}]}\n");
    }
    ~Folder() { std::filesystem::remove_all(path); }
    void write(const std::string& text) const { std::ofstream(file()) << text; }
    std::string file() const { return path + "/client.yml"; }
    std::string kept() const {
        std::ifstream in(path + "/conf.d/90-runtime.yml");
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }

    std::string path;
};

admin::Json service(unsigned number) {
    return {{"name", "s" + std::to_string(number)}, {"tcp", 1000 + number}, {"local", "22"}};
}

}  // namespace

TEST_CASE("kept services: several that change one folder lose nothing of each other") {
    const Folder folder;
    constexpr unsigned each = 5;
    std::vector<std::thread> threads;
    std::vector<std::string> problems(4);
    for (unsigned t = 0; t < problems.size(); ++t) {
        threads.emplace_back([&folder, &problem = problems[t], t] {
            SavedServices kept(folder.file());  // as another process would have it
            for (unsigned i = 0; i < each && problem.empty(); ++i) {
                problem = kept.add({service(t * each + i)});
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(problems == std::vector<std::string>(problems.size()));
    CHECK(Config::load(folder.file()).client_section().services.size() == 1 + problems.size() * each);
}

TEST_CASE("kept services: who is switched off, and by whom") {
    const Folder folder;
    SavedServices kept(folder.file());
    const auto web = [&] { return Config::load(folder.file()).client_section().services.at(0); };

    CHECK(kept.disable("none", "alice").what == Switched::of_no_file);
    CHECK(kept.enable("web").what == Switched::not_here);
    CHECK(kept.disable("web", "user 7 ($alice)").what == Switched::kept);
    CHECK_FALSE(web().enabled);
    CHECK(web().disabled_by == "user 7 ($alice)");
    CHECK(kept.disable("web", "bob").what == Switched::kept);
    CHECK(web().disabled_by == "bob");
    CHECK(kept.add({service(1)}).empty());
    CHECK_FALSE(web().enabled);
    CHECK(kept.disable("s1", "bob").what == Switched::kept);
    CHECK(kept.enable("web").what == Switched::kept);
    CHECK(web().enabled);
    CHECK(kept.remove("s1").empty());  // with its switch
    CHECK(folder.kept().empty());
    CHECK(kept.remove("web").ends_with("delete it from the configuration file that declares it"));
    CHECK(kept.remove("none").ends_with(", nor in another file; to remove it, omit --keep"));

    folder.write("client: {nonsense}");  // a mistake keeps no service on
    CHECK(kept.disable("web", "bob").what == Switched::kept);
}

TEST_CASE("kept services: at most as many are off as a client may have services") {
    const Folder folder;
    std::ostringstream text;
    text << "client:\n  disabled:\n";
    for (unsigned i = 0; i < limits::services_max; ++i) {
        text << "    - {name: x" << i << "}\n";
    }
    std::filesystem::create_directory(folder.path + "/conf.d");
    std::ofstream(folder.path + "/conf.d/90-runtime.yml") << text.str();
    CHECK(Config::load(folder.file()).has_client());
    SavedServices kept(folder.file());
    CHECK(kept.disable("web", "bob").what == Switched::failed);
    CHECK(kept.enable("x7").what == Switched::kept);
    CHECK(kept.disable("web", "bob").what == Switched::kept);
    std::ofstream(folder.path + "/conf.d/90-runtime.yml") << text.str() << "    - {name: web}\n";
    std::vector<Problem> problems;
    (void)Config::try_load(folder.file(), problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().text == "has more than 1024 services");
    for (const std::size_t size : {detail::disabled_by_max, detail::disabled_by_max + 1}) {
        std::ofstream(folder.path + "/conf.d/90-runtime.yml")
            << "client: {disabled: [{name: web, by: " << std::string(size, 'x') << "}]}\n";
        problems.clear();
        (void)Config::try_load(folder.file(), problems);
        CHECK(problems.empty() == (size == detail::disabled_by_max));
    }
}
