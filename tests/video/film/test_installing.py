from nbutils.video.film.installing import install


def write(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def test_the_made_replaces_the_old_and_the_weights_of_others_stay_recorded(tmp_path):
    made, data = tmp_path / "made", tmp_path / "data"
    for name in ("film.mp4", "scorer/config.json", "scorer/model.safetensors"):
        write(made / name, "new")
    write(data / "clip-scorer" / "old.npy", "old")
    write(
        data / "SHA256SUMS", "1  clip-scorer/scorer/model.safetensors\n2  a/model.safetensors\n3  z/model.safetensors\n"
    )

    install(made, data)

    place = data / "clip-scorer"
    assert not (place / "old.npy").exists()
    assert (place / "film.mp4").read_text() == "new"
    own = [line.split("  ")[1] for line in (place / "SHA256SUMS").read_text().splitlines()]
    assert own == ["film.mp4", "scorer/config.json", "scorer/model.safetensors"]
    lines = (data / "SHA256SUMS").read_text().splitlines()
    assert (lines[0], lines[2]) == ("2  a/model.safetensors", "3  z/model.safetensors")
    assert len(lines[1].split("  ")[0]) == 64
    assert lines[1].endswith("  clip-scorer/scorer/model.safetensors")
