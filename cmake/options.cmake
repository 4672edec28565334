# What the user may choose.
option(BUILD_SHARED_LIBS "Build libferrotunnel as a shared object" OFF)
option(FERROTUNNEL_FUZZ "Build the fuzz targets (clang) and the sans-IO folders they need, nothing else" OFF)
option(FERROTUNNEL_BUILD_CLI "Build the ferrotunnel program" ON)
# One file for every Linux of its architecture: linked statically, with the shipped plugins inside. The libraries' archives
# have to be there, and it loads no plugins from files. scripts/release makes it.
option(FERROTUNNEL_STATIC "Link the program statically, with the shipped plugins inside" OFF)
option(FERROTUNNEL_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(FERROTUNNEL_BUILD_BENCHMARKS "Build the benchmarks" OFF)
option(FERROTUNNEL_INSTALL "Make an installable package" ${PROJECT_IS_TOP_LEVEL})
option(FERROTUNNEL_WERROR "Treat warnings as errors" ${PROJECT_IS_TOP_LEVEL})
# For builds that are made once: the sources of a target are compiled together, in a quarter of the time. Other builds
# compile each source alone, which is quicker after a small change.
option(FERROTUNNEL_UNITY "Compile the sources of each target together" OFF)
# For daily work: a change of one source is compiled, linked and tested in seconds.
option(FERROTUNNEL_PCH "Precompile the headers of other libraries" OFF)
option(FERROTUNNEL_FAST_LINKER "Link with mold, lld or gold, and copy no object into archives" OFF)
set(FERROTUNNEL_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=: address,undefined or thread")

if(FERROTUNNEL_STATIC)
  set(FERROTUNNEL_BUILD_TESTS OFF)
  set(FERROTUNNEL_BUILD_BENCHMARKS OFF)
  set(FERROTUNNEL_INSTALL OFF)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
  set(OPENSSL_USE_STATIC_LIBS ON)
  set(ZLIB_USE_STATIC_LIBS ON)
endif()

if(FERROTUNNEL_FUZZ)
  set(FERROTUNNEL_BUILD_CLI OFF)
  set(FERROTUNNEL_BUILD_BENCHMARKS OFF)
  set(FERROTUNNEL_INSTALL OFF)
endif()

# The kind of libferrotunnel that the program and the tests use; the other one, of the same objects, is for the tests of
# its package and for `cmake --install DIRECTORY --component shared` (`static` where that is the other one).
set(FERROTUNNEL_KIND STATIC)
set(FERROTUNNEL_OTHER_KIND "")
if(BUILD_SHARED_LIBS)
  set(FERROTUNNEL_KIND SHARED)
endif()
if(FERROTUNNEL_INSTALL AND FERROTUNNEL_BUILD_TESTS)
  set(FERROTUNNEL_OTHER_KIND SHARED)
  if(BUILD_SHARED_LIBS)
    set(FERROTUNNEL_OTHER_KIND STATIC)
  endif()
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_UNITY_BUILD ${FERROTUNNEL_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 0)  # all of them
if(NOT CMAKE_BUILD_TYPE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# -fPIC alone gives no position-independent program: the linker needs -pie too.
include(CheckPIESupported)
check_pie_supported()

find_program(CCACHE ccache)
if(CCACHE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  if(FERROTUNNEL_PCH)  # what ccache asks for
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  endif()
endif()

if(FERROTUNNEL_FAST_LINKER)
  include(CheckLinkerFlag)
  foreach(linker IN ITEMS mold lld gold)
    check_linker_flag(CXX -fuse-ld=${linker} FERROTUNNEL_LINKER_${linker})
    if(FERROTUNNEL_LINKER_${linker})
      add_link_options(-fuse-ld=${linker})
      if(linker STREQUAL "gold")  # leaves out the index of names that -gsplit-dwarf adds: nine tenths of the program
        add_link_options(LINKER:--strip-debug-gdb)
      endif()
      break()
    endif()
  endforeach()
  if(NOT FERROTUNNEL_INSTALL)  # archives that name their objects: they cannot be moved
    set(CMAKE_CXX_ARCHIVE_CREATE "<CMAKE_AR> qcT <TARGET> <LINK_FLAGS> <OBJECTS>")
  endif()
endif()
