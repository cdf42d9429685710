import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from figures.forms import (
    color_bar,
    histogram_density,
    line_with_band,
    method_curves,
    order_plot,
    phase_diagram,
    predicted_measured,
)
from figures.statistics import Band, mean_band
from figures.style import house_style, new_figure


@pytest.fixture
def ax():
    with house_style():
        yield new_figure()[1]


@pytest.fixture
def draws():
    return np.random.default_rng(3)


def said(ax):
    return "\n".join(text.get_text() for text in ax.texts)


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def edges_of(area):
    """Lower and upper edge of a filled band, from the polygon that was drawn."""
    vertices = area.get_paths()[0].vertices
    x = np.unique(vertices[:, 0])
    return np.array([[vertices[vertices[:, 0] == at, 1].min(), vertices[vertices[:, 0] == at, 1].max()] for at in x]).T


def test_a_method_has_one_colour_in_all_panels_and_its_mean_over_seeds(draws):
    samples = {name: draws.normal(size=(2, 5, 7)) for name in ("entropy", "reward")}
    with house_style():
        _, axes = new_figure(cols=2)
        method_curves(axes, np.arange(7), samples, ["plain", "clipped", "not run"])
        for ax, (name, runs) in zip(axes, samples.items(), strict=True):
            assert ax.get_ylabel() == name
            assert [line.get_label() for line in ax.lines] == ["plain", "clipped"]
            for line, of_one in zip(ax.lines, runs, strict=True):
                np.testing.assert_allclose(line.get_ydata(), of_one.mean(0))
        first, second = ([line.get_color() for line in ax.lines] for ax in axes)
        assert first == second
        assert len(set(first)) == 2
        with pytest.raises(ValueError, match="reward has 3 methods: 2 names"):
            method_curves(axes[:1], np.arange(7), {"reward": draws.normal(size=(3, 5, 7))}, ["plain", "clipped"])


def test_band_is_the_quantiles(ax, draws):
    samples = draws.normal(size=(64, 7))
    line, area = line_with_band(ax, np.arange(7.0), samples, "runs")
    lower, upper = edges_of(area)
    assert line.get_ydata() == pytest.approx(np.median(samples, axis=0))
    assert lower == pytest.approx(np.quantile(samples, 0.025, axis=0))
    assert upper == pytest.approx(np.quantile(samples, 0.975, axis=0))
    assert said(ax) == "band: central 95 % of 64 seeds"


def test_band_given_is_band_drawn(ax, draws):
    band = mean_band(draws.normal(size=(5, 4)))
    _, area = line_with_band(ax, jnp.arange(4.0), Band(*map(jnp.asarray, band[:3]), band.meaning))
    assert np.allclose(edges_of(area), [band.lower, band.upper])
    assert "interval of the mean" in said(ax)


def test_two_bands_differ_in_colour_and_speak_once(ax, draws):
    lines = [line_with_band(ax, np.arange(3), draws.normal(size=(50, 3)))[0] for _ in range(2)]
    assert lines[0].get_color() != lines[1].get_color()
    assert said(ax).count("band") == 1


def test_cells_show_their_values_where_they_are(ax):
    x, y = np.array([1.0, 10.0, 100.0]), np.array([0.0, 1.0])
    values = np.arange(6.0).reshape(2, 3)
    ax.set_xscale("log")
    cells, _ = phase_diagram(ax, x, y, values)
    assert np.array_equal(cells.get_array().reshape(2, 3), values)
    assert np.allclose(cells.get_coordinates()[0, :, 0], 10 ** np.array([-0.5, 0.5, 1.5, 2.5]))
    assert ax.get_xlim() == pytest.approx((10**-0.5, 10**2.5))
    assert cells.get_rasterized()
    assert len(ax.figure.axes) == 1


def test_dots_and_cells_share_their_colours(ax):
    grid = np.linspace(0, 1, 4)
    cells, (line, dots) = phase_diagram(
        ax, grid, grid, np.full((4, 4), 0.5), ([0, 1], [0, 1]), ([0.5], [0.5], [2.0]), label="bias"
    )
    assert dots.get_clim() == cells.get_clim() == (0.5, 2.0)
    assert np.array_equal(dots.to_rgba([0.7]), cells.to_rgba([0.7]))
    assert legend(ax) == ["predicted", "measured"]
    assert line.get_xdata().tolist() == [0, 1]
    assert ax.figure.axes[1].get_ylabel() == "bias"


def test_boundary_does_not_widen_the_plane(ax):
    grid = np.linspace(0, 1, 3)
    phase_diagram(ax, grid, grid, np.zeros((3, 3)), boundary=([-5, 5], [-5, 5]), limits=(0, 1))
    assert ax.get_xlim() == ax.get_ylim() == (-0.25, 1.25)


def test_diverging_colours_reach_equally_far(ax):
    cells, _ = phase_diagram(ax, [0, 1], [0, 1], np.array([[0.9, 1.0], [np.nan, 4.0]]), centre=1.0)
    assert cells.get_clim() == (-2.0, 4.0)
    assert cells.get_array().mask.sum() == 1


def test_one_bar_serves_several_axes():
    with house_style():
        figure, axes = new_figure(cols=2)
        cells = [phase_diagram(ax, [0, 1], [0, 1], np.eye(2), limits=(0, 2))[0] for ax in axes]
        color_bar(cells[0], axes, "gain")
    assert len(figure.axes) == 3
    assert cells[0].get_clim() == cells[1].get_clim()


def test_an_exact_power_law_reads_its_slope(ax):
    step = np.geomspace(1e-3, 1, 8)
    dots, line, law = order_plot(ax, step, 5 * step**2, 2, "remainder")
    assert legend(ax) == ["remainder: slope 2.000 ± 0.000 (expected 2)"]
    assert law.slope == pytest.approx(2, abs=1e-12)
    assert np.interp(np.log(step), *np.log(line.get_data())) == pytest.approx(np.log(dots.get_ydata()))


def test_a_wrong_slope_shows_as_a_line_off_the_points(ax):
    step = np.geomspace(1e-3, 1, 8)
    dots, line, _ = order_plot(ax, step, 5 * step**2, 3)
    assert legend(ax)[0].startswith("slope 2.000")
    off = np.log(line.get_ydata()[[0, -1]] / dots.get_ydata()[[0, -1]])
    assert off == pytest.approx([-np.log(1e3) / 2, np.log(1e3) / 2])


def test_rounding_is_drawn_but_not_fitted(ax):
    step = np.geomspace(1e-6, 1, 13)
    _, _, law = order_plot(ax, step, step**3 + 1e-13, 3, floor=1e-9)
    assert law.slope == pytest.approx(3, abs=1e-3)
    assert sum(len(line.get_xdata()) for line in ax.lines if line.get_marker() == "o") == 13
    assert "hollow" in said(ax)


def test_predicted_measured_is_square_and_tells_the_worst(ax):
    predicted, measured = np.array([0.0, 1.0, 2.0]), np.array([0.1, 0.7, 2.1])
    predicted_measured(ax, predicted, measured, np.array([0.1, 0.1, 0.2]))
    assert ax.get_xlim() == ax.get_ylim()
    assert ax.get_aspect() == 1
    assert "3.0 standard errors of 3" in said(ax)


def test_predicted_measured_bars_are_95_percent_and_inside(ax):
    bars = predicted_measured(ax, [1.0, 2.0], [1.0, 2.0], 0.5)
    (vertical,) = bars.lines[2]
    lengths = [segment[1, 1] - segment[0, 1] for segment in vertical.get_segments()]
    assert lengths == pytest.approx([1.96, 1.96], abs=1e-4)
    assert ax.get_ylim()[0] < 1 - 0.98
    assert ax.get_ylim()[1] > 2 + 0.98


def test_predicted_measured_holds_every_call_and_draws_one_diagonal(ax):
    predicted_measured(ax, [0.0, 1.0], [0.0, 1.0])
    predicted_measured(ax, [5.0, 6.0], [5.0, 6.0], label="more")
    assert ax.get_xlim()[0] < 0 < 6 < ax.get_xlim()[1]
    assert sum(line.get_gid() == "agreement" for line in ax.lines) == 1


def test_predicted_measured_on_logs_is_relative(ax):
    predicted_measured(ax, [1e-6, 1.0], [1.5e-6, 1.1], scale="log")
    assert "50.00% of 2" in said(ax)


def test_histogram_is_a_density_with_exact_poisson_bars(ax, draws):
    x = np.linspace(0, 1, 50)
    samples = draws.uniform(size=(10, 100))
    samples[0, :3] = 7.0  # outside
    bars, exact = histogram_density(ax, samples, x, np.ones(50), bins=10)
    height = bars.lines[0].get_ydata()
    assert height.sum() / 10 == pytest.approx(0.997)
    assert exact.get_ydata().tolist() == [1.0] * 50
    assert said(ax) == "bars: 95 % (Poisson), n = 1,000, 3 outside"
    (vertical,) = bars.lines[2]
    lower, upper = np.array([segment[:, 1] for segment in vertical.get_segments()]).T
    counts = np.round(height * 100)
    assert lower == pytest.approx(stats.chi2.ppf(0.025, 2 * counts) / 200)
    assert upper == pytest.approx(stats.chi2.ppf(0.975, 2 * counts + 2) / 200)


def test_histogram_bars_cover_the_truth_95_percent_of_the_time(ax, draws):
    x = np.linspace(0, 1, 2)
    bars, _ = histogram_density(ax, draws.uniform(size=20_000), x, [1.0, 1.0], bins=400)
    (vertical,) = bars.lines[2]
    lower, upper = np.array([segment[:, 1] for segment in vertical.get_segments()]).T
    covered = ((lower <= 1) & (upper >= 1)).mean()
    assert 0.95 - 3 * np.sqrt(0.95 * 0.05 / 400) < covered < 0.99


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda ax: phase_diagram(ax, [0, 1], [0, 1, 2], np.zeros((2, 3))), "rows of y"),
        (lambda ax: order_plot(ax, [1.0, 2.0], [1.0, 0.0], 1), "errors"),
        (lambda ax: order_plot(ax, [1.0, 2.0], [1.0, 2.0], 1, floor=9.0), "x|y"),
        (lambda ax: predicted_measured(ax, [1.0], [1.0, 2.0]), "shape"),
        (lambda ax: predicted_measured(ax, [1.0], [1.0], scale="symlog"), "scale"),
        (lambda ax: predicted_measured(ax, [1.0], [np.nan]), "measured"),
        (lambda ax: histogram_density(ax, [0.0, np.inf], [0, 1], [1, 1]), "samples"),
    ],
)
def test_bad_input_is_named(ax, call, word):
    with pytest.raises(ValueError, match=word):
        call(ax)
